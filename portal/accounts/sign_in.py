"""Signing in by name, password and a one-time code, and changing the password.

Whoever fails is told the same in the same time, whether the account is there or not. Passwords are
hashed outside of transactions, so that nobody waits for a writer meanwhile.
"""

from ledger.accounts import (
    Account,
    find_account,
    replace_hash,
    set_password,
    use_recovery_code,
    use_step,
)
from ledger.database import Connection
from ledger.erasable import lock_book
from ledger.errors import RuleViolationError
from ledger.events.people import is_person
from ledger.sessions import end_session, end_sessions_of
from ledger.text import Text
from portal.accounts.backoff import Attempt, attempt_of, claim, give_back, succeed
from portal.accounts.keys import AccountKeys
from portal.accounts.one_time_code import find_step, is_code
from portal.accounts.passwords import hash_password, is_outdated, is_right, require_good
from portal.accounts.recovery import digest_code
from portal.accounts.sessions import (
    Session,
    SignedIn,
    begin_session,
    digest_of,
    read_rights,
)
from portal.shell import Shell


def sign_in(  # noqa: PLR0917 - all that a form says, and where it came from
    shell: Shell,
    name: str,
    password: str,
    code: str,
    address: str,
    now_ms: int,
    previous: str | None = None,
) -> SignedIn:
    """Return a new session of whoever has shown who he is; the browser's previous one is ended.

    `code` is of an authenticator app, a recovery code, or empty. Raises `RuleViolationError`:
    `throttled`, `wrong_credentials`, `code_required`, `wrong_code`.
    """
    keys = AccountKeys(shell.settings.home)
    attempt = attempt_of(keys, name, address)
    account = prove_password(shell, attempt, name, password, now_ms)
    better = hash_password(password) if is_outdated(account.password_hash) else None
    with shell.writing() as engine, engine.begin() as connection:
        account = same_account(connection, account)
        if account.has_second_factor and code.strip():
            use_code(connection, keys, account, code, now_ms)
        elif account.has_second_factor:
            give_back(connection, attempt, now_ms)
        if code.strip() or not account.has_second_factor:
            succeed(connection, attempt, now_ms)
            if better is not None:
                replace_hash(connection, account, better)
            if previous is not None:
                end_session(connection, digest_of(previous))
            return begin_session(connection, name, now_ms)
    raise RuleViolationError(
        "code_required",
        Text("此账号还须动态验证码", "this account needs a one-time code as well"),
        Text(
            "请填写验证器上的 6 位数字，或一个恢复码", "give the app's 6 digits, or a recovery code"
        ),
    )


def change_password(  # noqa: PLR0917 - all that a form says, and where it came from
    shell: Shell, session: Session, password: str, wanted: str, address: str, now_ms: int
) -> SignedIn:
    """Return a new session of somebody whose password is another one now; all others are ended.

    Raises as `sign_in` does for the password that he has, and as `require_good` for the other.
    """
    keys = AccountKeys(shell.settings.home)
    attempt = attempt_of(keys, session.person, address)
    account = prove_password(shell, attempt, session.person, password, now_ms)
    require_good(wanted, account.person, is_alone=not account.has_second_factor)
    made = hash_password(wanted)
    with shell.writing() as engine, engine.begin() as connection:
        lock_book(connection)
        same_account(connection, account)
        succeed(connection, attempt, now_ms)
        set_password(connection, account.person, made, now_ms)
        end_sessions_of(connection, account.person)
        return begin_session(
            connection, account.person, now_ms, session.expires_at_ms, session.vouched_by
        )


def prove_password(
    shell: Shell, attempt: Attempt, name: str, password: str, now_ms: int
) -> Account:
    """Return the account whose password it is, of somebody who holds a role.

    The try counts as failed until it is given back.
    """
    claim(shell, attempt, now_ms)
    # What is no name at all is looked up as nobody, which takes as long.
    person = name if is_person(name) else ""
    with shell.reading("keep") as connection:
        account = find_account(connection, person)
        may_sign_in = bool(read_rights(connection, person).grants.get(person))
    is_his = is_right(account.password_hash if account else None, password)
    if account is None or not is_his or not may_sign_in:
        raise _wrong_credentials()
    return account


def same_account(connection: Connection, before: Account) -> Account:
    """Return an account as it is now, unless its password is another one since it was proved."""
    account = find_account(connection, before.person)
    rights = read_rights(connection, before.person)
    if (
        account is None
        or account.password_set_at_ms != before.password_set_at_ms
        or not rights.grants.get(before.person)
    ):
        raise _wrong_credentials()
    return account


def use_code(
    connection: Connection, keys: AccountKeys, account: Account, code: str, now_ms: int
) -> None:
    """Use a code, so that nobody uses it again; `RuleViolationError` (`wrong_code`) for another."""
    person = account.person
    if not is_code(code):
        if use_recovery_code(connection, person, digest_code(keys, person, code)):
            return
        raise wrong_code()
    use_app_code(connection, keys, account, code, now_ms)


def use_app_code(
    connection: Connection, keys: AccountKeys, account: Account, code: str, now_ms: int
) -> None:
    """Use a code of an account's app, so that nobody uses it again; raises as `use_code` does."""
    assert account.totp_secret is not None, account.person
    step = find_step(keys.open(account.person, account.totp_secret), code, now_ms)
    if step is None or not use_step(connection, account.person, step):
        raise wrong_code()


def _wrong_credentials() -> RuleViolationError:
    """Return the refusal that does not tell a wrong password from an account that is not there."""
    return RuleViolationError(
        "wrong_credentials",
        Text("账号名或密码不正确", "the account's name or the password is wrong"),
        Text("忘记密码请联系管理员重发邀请", "an administrator can send a new invitation"),
    )


def wrong_code() -> RuleViolationError:
    """Return the refusal of a code that is none of now, or was used."""
    return RuleViolationError(
        "wrong_code",
        Text("验证码不正确或已用过", "the code is wrong or was used before"),
        Text(
            "请等下一个验证码，并检查手机时间", "wait for the next one, and check the phone's clock"
        ),
    )
