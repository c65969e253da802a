"""Setting up a second factor: an authenticator app, confirmed by its first code."""

from typing import NamedTuple

from ledger.accounts import (
    Account,
    confirm_secret,
    count_recovery_codes,
    find_account,
    propose_secret,
    set_recovery_codes,
)
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.sessions import end_sessions_of
from ledger.text import Text
from portal.accounts.keys import AccountKeys
from portal.accounts.one_time_code import Drawing, draw, new_secret, provisioning_uri
from portal.accounts.recovery import digest_code, new_codes
from portal.accounts.sessions import Session, SignedIn, begin_session
from portal.accounts.sign_in import use_app_code, wrong_code
from portal.shell import Shell


class Enrolment(NamedTuple):
    """A second factor to be taken over by an app: typed, followed as a link, or photographed."""

    secret: str
    uri: str
    qr: Drawing


class Enrolled(NamedTuple):
    """A session that goes all the way, and the recovery codes, shown this once."""

    signed_in: SignedIn
    recovery_codes: list[str]


def begin_enrolment(shell: Shell, session: Session) -> Enrolment:
    """Return the second factor that a person is to confirm, the same until he does.

    Raises `RuleViolationError` (`has_second_factor`) for somebody who has one.
    """
    keys = AccountKeys(shell.settings.home)
    with shell.writing() as engine, engine.begin() as connection:
        account = _require_none(connection, session.person)
        if account.totp_secret is not None:
            secret = keys.open(session.person, account.totp_secret)
        else:
            secret = new_secret()
            propose_secret(connection, session.person, keys.seal(session.person, secret))
    uri = provisioning_uri(secret, session.person)
    return Enrolment(secret, uri, draw(uri))


def confirm_enrolment(shell: Shell, session: Session, code: str, now_ms: int) -> Enrolled:
    """Return a session in place of all others, once a code of the app has shown that it works.

    Raises `RuleViolationError`: `wrong_code`, `has_second_factor`.
    """
    keys, person = AccountKeys(shell.settings.home), session.person
    with shell.writing() as engine, engine.begin() as connection:
        account = _require_none(connection, person)
        if account.totp_secret is None:
            raise wrong_code()
        use_app_code(connection, keys, account, code, now_ms)
        if not confirm_secret(connection, person, account.totp_secret, now_ms):
            raise _has_second_factor()
        codes = _give_codes(connection, keys, person)
        # Those others have shown a password alone.
        end_sessions_of(connection, person)
        return Enrolled(begin_session(connection, person, now_ms, session.expires_at_ms), codes)


def renew_recovery_codes(shell: Shell, session: Session) -> list[str]:
    """Return new recovery codes in place of those before, shown this once."""
    keys = AccountKeys(shell.settings.home)
    with shell.writing() as engine, engine.begin() as connection:
        return _give_codes(connection, keys, session.person)


def _give_codes(connection: Connection, keys: AccountKeys, person: str) -> list[str]:
    """Return new recovery codes of a person in place of those before."""
    codes = new_codes()
    set_recovery_codes(connection, person, [digest_code(keys, person, one) for one in codes])
    return codes


def recovery_codes_left(shell: Shell, session: Session) -> int:
    """Return how many recovery codes a person has not used."""
    with shell.reading("keep") as connection:
        return count_recovery_codes(connection, session.person)


def _require_none(connection: Connection, person: str) -> Account:
    """Return the account of somebody who has no second factor."""
    account = find_account(connection, person)
    assert account is not None, person
    if account.has_second_factor:
        raise _has_second_factor()
    return account


def _has_second_factor() -> RuleViolationError:
    """Return the refusal of a second factor beside the one that there is."""
    return RuleViolationError(
        "has_second_factor",
        Text("此账号已设置动态验证码", "this account has one-time codes already"),
        Text("换手机请联系管理员重置", "for a new phone, ask an administrator to renew it"),
    )
