"""Signing in by an identity provider, and whose account an identity is.

An identity, issuer and subject together, is an account's once its owner linked it: by accepting an
invitation with it, or by his password. Nobody gets an account by having one elsewhere, and what
somebody may do is the book's to say. A second factor is asked for here, unless the provider is
believed to have seen one.

Whoever leaves for the provider keeps a secret in his browser, from which all is derived that his
sign-in is bound to; the database has its digest until he comes back, once. Nobody is asked in a
transaction.
"""

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

from ledger.accounts import NEVER_MS, find_account
from ledger.database import Connection
from ledger.erasable import lock_book
from ledger.errors import RuleViolationError
from ledger.events.people import check_person
from ledger.sessions import end_session, end_sessions_of
from ledger.sign_on import (
    Departure,
    LinkedSignOn,
    add_departure,
    add_linked,
    drop_linked,
    end_departure,
    find_departure,
    find_linked,
    list_linked,
)
from ledger.text import Text
from portal.accounts.backoff import attempt_of, claim, claim_departure, forget_departures, succeed
from portal.accounts.invitations import look_at_invitation, open_account
from portal.accounts.keys import AccountKeys, encode
from portal.accounts.passwords import hash_password
from portal.accounts.provider import Answer, Identity, Ticket, provider_of
from portal.accounts.sessions import (
    SECRET_BYTES,
    Session,
    SignedIn,
    begin_session,
    digest_of,
    read_rights,
)
from portal.accounts.sign_in import prove_password, same_account, use_code
from portal.acting import Act, at_console, look, not_allowed
from portal.shell import Shell

# Long enough to find the phone; what is left open in another window after that is started anew.
DEPARTURE_MS: Final = 10 * 60_000

ACCOUNT_PATH: Final = "/account"


class Leaving(NamedTuple):
    """What the browser is to keep meanwhile, and where it goes."""

    secret: str
    address: str


class Arrived(NamedTuple):
    """Where somebody who came back goes on to.

    He has signed in, or a code is to come for which the browser keeps `code_secret`; with neither
    he has linked an identity to the account that he is signed in to.
    """

    back: str
    signed_in: SignedIn | None = None
    code_secret: str | None = None


class Here(NamedTuple):
    """What a browser comes with: its session and that session's secret, if any, its address."""

    session: Session | None
    secret: str | None
    address: str
    now_ms: int


# --- leaving ---


def leave(shell: Shell, back: str, address: str, now_ms: int) -> Leaving:
    """Return where somebody shows who he is; he wanted to go `back` to a page of ours.

    Raises `RuleViolationError` (`throttled`), and as `Provider.address` does.
    """
    return _leave(shell, Departure(b"", back, now_ms + DEPARTURE_MS), address, now_ms)


def leave_with_invitation(shell: Shell, link: str, address: str, now_ms: int) -> Leaving:
    """Return the same for somebody who accepts an invitation; raises as `look_at_invitation`."""
    look_at_invitation(shell, link, now_ms)
    made = Departure(b"", ACCOUNT_PATH, now_ms + DEPARTURE_MS, invitation=digest_of(link))
    return _leave(shell, made, address, now_ms)


def leave_to_link(
    shell: Shell, session: Session, password: str, address: str, now_ms: int
) -> Leaving:
    """Return the same for somebody who links an identity to his account; he gives his password.

    A session that was left open is worth no account: raises as `change_password` does for the
    password, and `RuleViolationError` (`has_sign_on`).
    """
    attempt = attempt_of(AccountKeys(shell.settings.home), session.person, address)
    account = prove_password(shell, attempt, session.person, password, now_ms)
    issuer = provider_of(shell.settings).settings.issuer
    with shell.writing() as engine, engine.begin() as connection:
        same_account(connection, account)
        succeed(connection, attempt, now_ms)
        _require_none(connection, issuer, session.person)
    made = Departure(b"", ACCOUNT_PATH, now_ms + DEPARTURE_MS, session=session.digest)
    return _leave(shell, made, address, now_ms)


def _leave(shell: Shell, departure: Departure, address: str, now_ms: int) -> Leaving:
    """Keep that somebody leaves, and return where to; the digest is that of a new secret."""
    provider = provider_of(shell.settings)
    claim_departure(shell, AccountKeys(shell.settings.home), address, now_ms)
    # Whose identity is linked has just shown that it is his, whoever used this machine before.
    links = departure.invitation is not None or departure.session is not None
    secret = secrets.token_urlsafe(SECRET_BYTES)
    to = provider.address(ticket_of(secret), anew=links)
    with shell.writing() as engine, engine.begin() as connection:
        add_departure(connection, departure._replace(digest=digest_of(secret)), now_ms)
    return Leaving(secret, to)


def ticket_of(secret: str) -> Ticket:
    """Return what a sign-in is bound to, derived from what the browser keeps."""
    return Ticket(
        *(
            hmac.new(encode(secret), part, hashlib.sha256).hexdigest()
            for part in (b"state", b"nonce", b"verifier")
        )
    )


# --- coming back ---


def come_back(shell: Shell, secret: str, answer: Answer, here: Here) -> Arrived:
    """Return where somebody goes on to with what he brought back from the provider.

    The shell is one in which nobody has signed in. Raises `RuleViolationError`: `stale_sign_on`,
    `unknown_sign_on`, `taken_sign_on`, `has_sign_on`, and as `Provider.identify` does.
    """
    ticket = ticket_of(secret)
    if not hmac.compare_digest(encode(answer.state), encode(ticket.state)):
        raise _stale()
    with shell.writing() as engine, engine.begin() as connection:
        departure = find_departure(connection, digest_of(secret), here.now_ms)
        if departure is None or departure.person or not end_departure(connection, departure.digest):
            raise _stale()
    identity = provider_of(shell.settings).identify(answer, ticket, here.now_ms)
    if departure.invitation is not None:
        return _accept(shell, departure, departure.invitation, identity, here)
    if departure.session is not None:
        return _link(shell, departure, identity, here)
    with shell.writing() as engine, engine.begin() as connection:
        linked = find_linked(connection, identity.issuer, identity.subject)
        if linked is None:
            raise _unknown()
        _forget(shell, connection, here)
        return _admit(connection, linked.person, departure.back, identity, here)


def _accept(
    shell: Shell, departure: Departure, digest: bytes, identity: Identity, here: Here
) -> Arrived:
    """Return where somebody goes on to whose account is opened, with an identity in its place."""
    nobodys = hash_password(secrets.token_urlsafe(SECRET_BYTES))
    with at_console(shell, at_ms=here.now_ms) as act:
        person = open_account(act, digest, nobodys, NEVER_MS)
        _add(act.connection, identity, person, here.now_ms)
        _forget(shell, act.connection, here)
        return _admit(act.connection, person, departure.back, identity, here)


def _link(shell: Shell, departure: Departure, identity: Identity, here: Here) -> Arrived:
    """Return to the account to which an identity is linked, in the session that asked for it."""
    if here.session is None or here.session.digest != departure.session:
        raise _stale()
    with shell.writing() as engine, engine.begin() as connection:
        lock_book(connection)
        _require_none(connection, identity.issuer, here.session.person)
        _add(connection, identity, here.session.person, here.now_ms)
        _forget(shell, connection, here)
    return Arrived(departure.back)


def _add(connection: Connection, identity: Identity, person: str, now_ms: int) -> None:
    """Link an identity that is nobody's; the book is locked."""
    if find_linked(connection, identity.issuer, identity.subject) is not None:
        raise RuleViolationError(
            "taken_sign_on",
            Text("此身份已绑定另一个账号", "this identity is linked to another account"),
            Text(
                "请换用本人的身份；如已换账号，请管理员先解除原绑定",
                "use your own; an administrator can take the other link away",
            ),
        )
    add_linked(connection, LinkedSignOn(identity.issuer, identity.subject, person, now_ms))


def _admit(
    connection: Connection, person: str, back: str, identity: Identity, here: Here
) -> Arrived:
    """Return where a person goes on to whom the provider has seen."""
    account = find_account(connection, person)
    if account is None or not read_rights(connection, person).grants.get(person):
        raise _unknown()
    if account.has_second_factor and not identity.is_vouched:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        until_ms = here.now_ms + DEPARTURE_MS
        waiting = Departure(digest_of(secret), back, until_ms, person=person)
        add_departure(connection, waiting, here.now_ms)
        return Arrived(back, code_secret=secret)
    vouched_by = identity.issuer if identity.is_vouched else None
    return Arrived(back, _begin(connection, person, here, vouched_by))


def _begin(
    connection: Connection, person: str, here: Here, vouched_by: str | None = None
) -> SignedIn:
    """Return a new session of a person; the browser's previous one is ended."""
    if here.secret is not None:
        end_session(connection, digest_of(here.secret))
    return begin_session(connection, person, here.now_ms, vouched_by=vouched_by)


def _forget(shell: Shell, connection: Connection, here: Here) -> None:
    """Forget who left from an address before: somebody came back from the provider."""
    forget_departures(connection, AccountKeys(shell.settings.home), here.address, here.now_ms)


# --- the code of somebody who came back ---


def awaits_code(shell: Shell, secret: str, now_ms: int) -> str:
    """Return whose code is to come; raises `RuleViolationError` (`stale_sign_on`)."""
    with shell.reading("keep") as connection:
        return _awaited(connection, secret, now_ms)[0]


def _awaited(connection: Connection, secret: str, now_ms: int) -> tuple[str, str]:
    """Return whose code is to come, and where he wanted to go."""
    found = find_departure(connection, digest_of(secret), now_ms)
    if found is None or found.person is None:
        raise _stale()
    return found.person, found.back


def give_code(shell: Shell, secret: str, code: str, here: Here) -> Arrived:
    """Return the session of somebody who came back and gives his one-time code, or a recovery code.

    Raises `RuleViolationError`: `stale_sign_on`, `throttled`, `wrong_code`.
    """
    keys = AccountKeys(shell.settings.home)
    attempt = attempt_of(keys, awaits_code(shell, secret, here.now_ms), here.address)
    claim(shell, attempt, here.now_ms)
    with shell.writing() as engine, engine.begin() as connection:
        person, back = _awaited(connection, secret, here.now_ms)
        account = find_account(connection, person)
        is_known = read_rights(connection, person).grants.get(person)
        if account is None or not account.has_second_factor or not is_known:
            raise _stale()
        use_code(connection, keys, account, code, here.now_ms)
        if not end_departure(connection, digest_of(secret)):
            raise _stale()
        succeed(connection, attempt, here.now_ms)
        return Arrived(back, _begin(connection, person, here))


# --- whose identity is whose ---


def find_linked_of(shell: Shell, person: str | None = None) -> list[LinkedSignOn]:
    """Return the identities of everybody, or of one person; for administrators and auditors."""
    with shell.reading("keep") as connection:
        look(shell, connection, ("administrator", "auditor"), alone=True)
        return list_linked(connection, person)


def find_own(shell: Shell, session: Session) -> tuple[list[LinkedSignOn], bool]:
    """Return the identities that are linked to somebody's account, and whether it has a password.

    One at most is of the provider that the settings name.
    """
    with shell.reading("keep") as connection:
        account = find_account(connection, session.person)
        assert account is not None, session.person
        return list_linked(connection, session.person), account.has_password


def unlink(act: Act, person: str) -> int:
    """Return how many identities a person had: they are taken away, and his sessions ended.

    By himself, if he has a password, or by an administrator; raises `RuleViolationError`
    (`not_allowed`).
    """
    check_person(person)
    if person != act.name and not act.roster.has(act.name, "administrator"):
        raise not_allowed(Text(f"{act.name} 不是管理员", f"{act.name} is no administrator"))
    account = find_account(act.connection, person)
    if person == act.name and account is not None and not account.has_password:
        raise not_allowed(
            Text(
                "此账号没有密码，解除后将无法登录；请先向管理员索取链接设置密码",
                "this account has no password and could not sign in: ask an administrator for a"
                " link to set one first",
            )
        )
    end_sessions_of(act.connection, person)
    return drop_linked(act.connection, person)


def _require_none(connection: Connection, issuer: str, person: str) -> None:
    """Raise `RuleViolationError` (`has_sign_on`) for somebody who has an identity of an issuer."""
    if any(one.issuer == issuer for one in list_linked(connection, person)):
        raise RuleViolationError(
            "has_sign_on",
            Text("此账号已绑定统一身份", "an identity is linked to this account already"),
            Text("如须更换，请先解除原绑定", "to change it, take the other one away first"),
        )


def _stale() -> RuleViolationError:
    """Return the refusal of what this browser did not begin, or not lately, or has done."""
    return RuleViolationError(
        "stale_sign_on",
        Text(
            "这次登录已失效、已用过，或不是从这个浏览器开始的",
            "this sign-in has lapsed, was used, or was not begun by this browser",
        ),
        Text("请重新登录", "sign in again"),
    )


def _unknown() -> RuleViolationError:
    """Return the refusal of an identity that is nobody's here."""
    return RuleViolationError(
        "unknown_sign_on",
        Text("您的身份已确认，但还没有绑定本系统的账号", "your identity is linked to no account"),
        Text(
            "有账号的，请用密码登录后在“账号”页绑定；没有的，请向管理员索取邀请链接",
            "with an account, sign in by your password and link it on your account's page; without"
            " one, ask an administrator for an invitation",
        ),
    )
