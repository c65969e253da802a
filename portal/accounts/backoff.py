"""How often somebody may try to sign in: a while longer after each failure, and never for ever.

A try counts as failed before the password is looked at, and is given back when it was right: so
many tries at once get no further than one after another. Three things are counted:

- the account as tried from one address;
- the account as tried from addresses at which it never signed in, all together: whoever tries
  from everywhere waits, and its owner, at an address that is known, does not wait with him;
- the address, whatever accounts it tries.

Nobody is told which of them it was. Whoever has to wait makes it no longer by trying. Whoever
leaves for an identity provider has failed until he comes back as somebody; that is counted by the
address, apart from passwords.
"""

import ipaddress
import math
from typing import Final, NamedTuple

from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.period import HOUR_MS
from ledger.text import Text
from ledger.throttle import Tries, drop_tries, is_ahead, lock_tries, write_tries
from portal.accounts.keys import AccountKeys
from portal.shell import Shell

# Somebody who mistypes, and an office of many behind one address.
FREE_OF_ACCOUNT: Final = 5
FREE_OF_ADDRESS: Final = 50
FIRST_WAIT_MS: Final = 1_000
# NIST SP 800-63B-4, section 3.2.2, asks for limits; nobody is to be kept out for longer than this
# by somebody else's tries: it still leaves a hundred a day.
WAIT_MS_MAX: Final = 15 * 60_000
# After a day without a failure the count begins anew.
FORGET_MS: Final = 24 * HOUR_MS
# For how long an address is known at which somebody signed in.
KNOWN_MS: Final = 30 * FORGET_MS

# A provider gives each customer a network of this size, in which every address is his to choose.
_NETWORK_BITS: Final = 64


class Attempt(NamedTuple):
    """What is counted of a try from one address, by keys that tell nothing."""

    account_here: bytes
    account_anywhere: bytes
    address: bytes
    known: bytes


def attempt_of(keys: AccountKeys, name: str, address: str) -> Attempt:
    """Return what is counted of somebody's try."""
    where = network_of(address)
    return Attempt(
        keys.digest("account here", name, where),
        keys.digest("account anywhere", name),
        keys.digest("address", where),
        keys.digest("known", name, where),
    )


def network_of(address: str) -> str:
    """Return an address, or the network that is one customer's; what is none stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - the protocol's own number
        return str(found)
    assert isinstance(found, ipaddress.IPv6Address)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, _NETWORK_BITS), strict=False))


def wait_ms(failures: int, free: int) -> int:
    """Return how long nobody may try after so many failures in a row."""
    over = failures - free
    if over < 0:
        return 0
    return min(WAIT_MS_MAX, FIRST_WAIT_MS << min(over, WAIT_MS_MAX.bit_length()))


def claim(shell: Shell, attempt: Attempt, now_ms: int) -> None:
    """Count a try as failed; `RuleViolationError` (`throttled`) where it is too early for it."""
    with shell.writing() as engine, engine.begin() as connection:
        waiting = _claim(connection, _counted(connection, attempt, now_ms), now_ms)
    if waiting:
        raise throttled(waiting)


def _claim(connection: Connection, free: dict[bytes, int], now_ms: int) -> int:
    """Return how long somebody has still to wait; where he need not, he has failed once more."""
    found = lock_tries(connection, free, now_ms)
    waiting = max(_waiting_ms(one, now_ms) for one in found.values())
    if not waiting:
        failed = {key: _failed(one, free[key], now_ms) for key, one in found.items()}
        write_tries(connection, failed)
    drop_tries(connection, now_ms - FORGET_MS)
    return waiting


def claim_departure(shell: Shell, keys: AccountKeys, address: str, now_ms: int) -> None:
    """Count who leaves for the identity provider from an address; raises as `claim` does."""
    free = {_departures(keys, address): FREE_OF_ADDRESS}
    with shell.writing() as engine, engine.begin() as connection:
        waiting = _claim(connection, free, now_ms)
    if waiting:
        raise throttled(waiting)


def forget_departures(connection: Connection, keys: AccountKeys, address: str, now_ms: int) -> None:
    """Forget who left from an address: somebody came back whom the provider knows."""
    key = _departures(keys, address)
    lock_tries(connection, [key], now_ms)
    write_tries(connection, {key: Tries(0, now_ms)})


def _departures(keys: AccountKeys, address: str) -> bytes:
    """Return the key by which departures from an address are counted."""
    return keys.digest("departure", network_of(address))


def _counted(connection: Connection, attempt: Attempt, now_ms: int) -> dict[bytes, int]:
    """Return which keys a try counts for, and how many failures are free of each."""
    counted = {attempt.account_here: FREE_OF_ACCOUNT, attempt.address: FREE_OF_ADDRESS}
    if not is_ahead(connection, attempt.known, now_ms):
        counted[attempt.account_anywhere] = FREE_OF_ACCOUNT
    return counted


def _waiting_ms(tries: Tries, now_ms: int) -> int:
    """Return how long somebody has still to wait; a clock that went back makes it no longer."""
    waiting = tries.next_try_at_ms - now_ms
    return waiting if 0 < waiting <= WAIT_MS_MAX else 0


def _failed(tries: Tries, free: int, now_ms: int) -> Tries:
    """Return what is known after one more failure."""
    is_forgotten = now_ms - tries.next_try_at_ms > FORGET_MS
    failures = 1 if is_forgotten else tries.failures + 1
    return Tries(failures, now_ms + wait_ms(failures, free))


def give_back(connection: Connection, attempt: Attempt, now_ms: int) -> None:
    """Take back that a try failed: the password was right, and a code is still to come."""
    found = lock_tries(connection, _counted(connection, attempt, now_ms), now_ms)
    write_tries(
        connection, {key: Tries(max(one.failures - 1, 0), now_ms) for key, one in found.items()}
    )


def succeed(connection: Connection, attempt: Attempt, now_ms: int) -> None:
    """Take back that a try failed, forget what failed here before, and know the address."""
    give_back(connection, attempt, now_ms)
    lock_tries(connection, [attempt.known], now_ms)
    known = Tries(0, now_ms + KNOWN_MS)
    write_tries(connection, {attempt.account_here: Tries(0, now_ms), attempt.known: known})


def throttled(waiting_ms: int) -> RuleViolationError:
    """Return the refusal of whoever tries too often, and how long he has to wait."""
    seconds = math.ceil(waiting_ms / 1000)
    return RuleViolationError(
        "throttled",
        Text("登录尝试过于频繁", "too many attempts to sign in"),
        Text(f"请在 {seconds} 秒后再试", f"try again in {seconds} seconds"),
    )
