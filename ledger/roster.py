"""Who may act, folded from the book log, and the judgement of every event about people.

One function judges: a command asks it before it appends, and a check asks it again for every leaf.

- An administrator grants and revokes roles. A role that moves money, and the administrator's own,
  needs a second administrator's consent to a request that is still open; the second administrator
  of a ledger is granted by the first alone, for there is nobody to consent.
- Nobody grants, consents to or invites himself. The last administrator stays.
- A person has one token. Somebody else's invitation replaces it and only serves to be exchanged,
  and nobody invites an administrator anew who has a token: he would act in his name. The console
  of the machine may, while no administrator holds a token that is valid.
- An account for the portal is opened by an invitation that is open; whoever is invited anew is
  bound by the same rules as with tokens. Nobody invites an administrator anew who has an account;
  he does himself, by a token of his own.
- Rules, papers and personal data: `ledger.rights` says who enters them.
- No account is called `scheduler`: that is who acts where nobody did and a day was over.
"""

import hashlib
from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import singledispatchmethod
from typing import Any, Final, Self

from ledger.codec import Event
from ledger.errors import RuleViolationError
from ledger.events import (
    AccountInvited,
    AccountOpened,
    BankAccountSet,
    ClaimObjected,
    ContactRecorded,
    Data,
    EnterpriseForgotten,
    ForgetRequested,
    Role,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    TokenIssued,
)
from ledger.period import DAY_MS, parse_instant
from ledger.personal import EVENTS, Kind
from ledger.rights import CONSOLE, ENTERING_ROLES, Grant, Rights
from ledger.text import Text

# A request that nobody consents to within a fortnight lapses.
REQUEST_DAYS: Final = 14

TWO_PERSON_ROLES: Final[frozenset[Role]] = frozenset({"administrator", "authority", "finance"})
"""Roles that move money, or that make such roles."""

SCHEDULER: Final = "scheduler"
"""The actor's name where nobody acted and a day was over; no account may have it."""

_KINDS: Final[dict[type[Data], Kind]] = {event: kind for kind, event in EVENTS.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """A personal datum that a leaf of the book names, and the leaf that had it erased."""

    index: int
    enterprise: str
    kind: Kind
    digest: str
    recorded_at: str
    recorded_by: str
    forgotten: EnterpriseForgotten | None = None


@dataclass(slots=True)
class Roster(Rights):
    """Roles, tokens, accounts, open requests and personal data after a run of the book's events.

    `index` is that of the book's next entry. Whoever leaves out what says nothing about people
    sets it.
    """

    tokens: dict[str, TokenIssued] = field(default_factory=dict)
    invitations: dict[str, AccountInvited] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)
    role_requests: dict[tuple[str, Grant], RoleRequested] = field(default_factory=dict)
    forget_requests: dict[str, ForgetRequested] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    index: int = 0

    def copy(self) -> Self:
        """Return a roster that takes in events without this one."""
        apart: dict[str, Any] = {one.name: copy(getattr(self, one.name)) for one in fields(self)}
        apart["grants"] = {person: set(held) for person, held in self.grants.items()}
        return replace(self, **apart)

    def apply(self, event: Event) -> None:
        """Take in the next event of the book, whatever `objection` says of it."""
        self._apply(event.data, event.subject)
        self.index += 1

    def administrators(self) -> list[str]:
        """Return who is an administrator now, by name."""
        return sorted(name for name in self.grants if self.has(name, "administrator"))

    def holder(self, token: str, at_ms: int) -> TokenIssued:
        """Return the issue of a token that is valid at an instant.

        Raises `RuleViolationError`: `unknown_token`, `expired_token`.
        """
        digest = digest_of(token)
        found = next((one for one in self.tokens.values() if one.token_sha256 == digest), None)
        if found is None or not self.grants.get(found.person):
            raise RuleViolationError(
                "unknown_token",
                Text("令牌无效", "the token is not valid"),
                Text(
                    "可能已被新令牌取代；请向管理员索取",
                    "a newer one may have replaced it; ask an administrator",
                ),
            )
        if at_ms >= parse_instant(found.expires_at):
            raise RuleViolationError(
                "expired_token",
                Text(
                    f"{found.person} 的令牌已于 {found.expires_at} 到期",
                    f"{found.person}'s token expired at {found.expires_at}",
                ),
                Text(
                    "请管理员运行 suanquan user token",
                    "ask an administrator to run suanquan user token",
                ),
            )
        return found

    def objection(self, data: Data, subject: str) -> Text | None:
        """Return why an event may not be, None where it may or says nothing about people."""
        return self._objection(data, subject)

    # --- what an event changes ---

    @singledispatchmethod
    def _apply(self, data: Data, subject: str) -> None:
        """Leave out what says nothing about people."""

    @_apply.register
    def _(self, data: RoleRequested, _subject: str) -> None:
        self.role_requests[data.person, _grant_of(data)] = data

    @_apply.register
    def _(self, data: RoleGranted, _subject: str) -> None:
        self.grants.setdefault(data.person, set()).add(_grant_of(data))
        self.role_requests.pop((data.person, _grant_of(data)), None)
        if data.role == "administrator":
            self.administrators_ever.add(data.person)

    @_apply.register
    def _(self, data: RoleRevoked, _subject: str) -> None:
        self.grants.get(data.person, set()).discard(_grant_of(data))

    @_apply.register
    def _(self, data: TokenIssued, _subject: str) -> None:
        self.tokens[data.person] = data

    @_apply.register
    def _(self, data: AccountInvited, _subject: str) -> None:
        self.invitations[data.person] = data

    @_apply.register
    def _(self, data: AccountOpened, _subject: str) -> None:
        self.invitations.pop(data.person, None)
        self.accounts.add(data.person)

    @_apply.register(ContactRecorded)
    @_apply.register(BankAccountSet)
    def _(self, data: ContactRecorded | BankAccountSet, subject: str) -> None:
        kind = _KINDS[type(data)]
        self.held[data.digest] = Held(
            self.index, subject, kind, data.digest, data.at, data.recorded_by
        )

    @_apply.register
    def _(self, data: ClaimObjected, subject: str) -> None:
        self.held[data.digest] = Held(
            self.index, subject, "objector", data.digest, data.acted_at, data.actor
        )

    @_apply.register
    def _(self, data: ForgetRequested, subject: str) -> None:
        self.forget_requests[subject] = data

    @_apply.register
    def _(self, data: EnterpriseForgotten, subject: str) -> None:
        self.forget_requests.pop(subject, None)
        for digest, one in self.held.items():
            if one.enterprise == subject and one.forgotten is None:
                self.held[digest] = Held(
                    one.index, subject, one.kind, digest, one.recorded_at, one.recorded_by, data
                )

    # --- whether an event may be ---

    @singledispatchmethod
    def _objection(self, data: Data, subject: str) -> Text | None:
        """Return what is wrong with an entry of rules or papers, nothing for what is neither."""
        return self.entry_objection(data, subject)

    @_objection.register
    def _(self, data: RoleRequested, _subject: str) -> Text | None:
        if data.person == SCHEDULER:
            return _RESERVED
        wrong = self._no_administrator(data.requested_by)
        return wrong or _themselves(data.person, data.requested_by)

    @_objection.register
    def _(self, data: RoleGranted, _subject: str) -> Text | None:
        if data.person == SCHEDULER:
            return _RESERVED
        first = not self.administrators_ever and data.role == "administrator"
        if data.granted_by == CONSOLE:
            return None if first else _MUST_BE_GRANTED
        wrong = self._no_administrator(data.granted_by) or _themselves(data.person, data.granted_by)
        second = len(self.administrators_ever) == 1 and data.role == "administrator"
        if wrong or data.role not in TWO_PERSON_ROLES or second:
            return wrong
        request = self.role_requests.get((data.person, _grant_of(data)))
        return self._no_consent(
            request, data.granted_by, data.consented_by, data.at
        ) or _themselves(data.person, data.consented_by or "")

    @_objection.register
    def _(self, data: RoleRevoked, _subject: str) -> Text | None:
        wrong = self._no_administrator(data.revoked_by)
        if wrong or _grant_of(data) not in self.grants.get(data.person, ()):
            return wrong or Text(
                f"{data.person} 没有这一角色", f"{data.person} does not hold {data.role}"
            )
        last = data.role == "administrator" and self.administrators() == [data.person]
        return (
            Text(f"{data.person} 是最后一名管理员", "the last administrator stays")
            if last
            else None
        )

    @_objection.register
    def _(self, data: TokenIssued, _subject: str) -> Text | None:
        if not self.grants.get(data.person):
            return _no_account(data.person)
        if data.issued_by == data.person:
            return None
        if data.issued_by == CONSOLE:
            return self._administrator_at_hand(parse_instant(data.at))
        wrong = self._no_administrator(data.issued_by)
        if wrong or not (self.has(data.person, "administrator") and data.person in self.tokens):
            return wrong
        return Text(
            f"{data.person} 是管理员，不能由他人换发令牌",
            f"{data.person} is an administrator, whom nobody else gives a new token",
        )

    @_objection.register
    def _(self, data: AccountInvited, _subject: str) -> Text | None:
        if not self.grants.get(data.person):
            return _no_account(data.person)
        if data.issued_by == data.person:
            return None
        if data.issued_by == CONSOLE:
            return self._administrator_with_account()
        wrong = self._no_administrator(data.issued_by)
        if wrong or not (self.has(data.person, "administrator") and data.person in self.accounts):
            return wrong
        return Text(
            f"{data.person} 是管理员，不能由他人重置登录",
            f"{data.person} is an administrator, whose sign-in nobody else renews",
        )

    @_objection.register
    def _(self, data: AccountOpened, _subject: str) -> Text | None:
        if not self.grants.get(data.person):
            return _no_account(data.person)
        invitation = self.invitations.get(data.person)
        if invitation is None or not (
            parse_instant(invitation.at)
            <= parse_instant(data.at)
            < parse_instant(invitation.expires_at)
        ):
            return Text(f"{data.person} 没有有效的邀请", f"{data.person} has no open invitation")
        return None

    @_objection.register(ContactRecorded)
    @_objection.register(BankAccountSet)
    def _(self, data: ContactRecorded | BankAccountSet, subject: str) -> Text | None:
        if data.digest in self.held:
            return Text("摘要已用过", "the digest has been used before")
        by = data.recorded_by
        if self.has(by, *ENTERING_ROLES) or self.acts_for(by, subject):
            return None
        return Text(
            f"{data.recorded_by or '?'} 无权录入个人信息",
            f"{data.recorded_by or '?'} may not enter personal data",
        )

    @_objection.register
    def _(self, data: ForgetRequested, _subject: str) -> Text | None:
        return self._no_administrator(data.requested_by)

    @_objection.register
    def _(self, data: EnterpriseForgotten, subject: str) -> Text | None:
        request = self.forget_requests.get(subject)
        return self._no_administrator(data.requested_by) or self._no_consent(
            request, data.requested_by, data.consented_by, data.at
        )

    def _no_administrator(self, person: str) -> Text | None:
        """Return that somebody is no administrator, if so."""
        if self.has(person, "administrator"):
            return None
        return Text(f"{person or '?'} 不是管理员", f"{person or '?'} is no administrator")

    def _no_consent(
        self,
        request: RoleRequested | ForgetRequested | None,
        requested_by: str,
        consented_by: str | None,
        at: str,
    ) -> Text | None:
        """Return what is wrong with a second administrator's consent to a request."""
        if request is None or request.requested_by != requested_by or is_lapsed(request, at):
            return Text("没有有效的申请", "there is no open request")
        if consented_by == requested_by:
            return Text(
                f"{requested_by} 提出的申请须由另一名管理员同意",
                f"{requested_by} asked, so another administrator has to consent",
            )
        return self._no_administrator(consented_by or "")

    def _administrator_at_hand(self, at_ms: int) -> Text | None:
        """Return that an administrator holds a valid token, so that the console may not act."""
        for name in self.administrators():
            token = self.tokens.get(name)
            if token is not None and at_ms < parse_instant(token.expires_at):
                return Text(
                    f"管理员 {name} 持有有效令牌，请由其办理",
                    f"the administrator {name} holds a valid token; ask there",
                )
        return None

    def _administrator_with_account(self) -> Text | None:
        """Return that an administrator can sign in, so that the console may not invite."""
        name = next((one for one in self.administrators() if one in self.accounts), None)
        if name is None:
            return None
        return Text(
            f"管理员 {name} 已有登录账号，请由其办理",
            f"the administrator {name} has an account; ask there",
        )


_RESERVED: Final = Text(
    f"{SCHEDULER} 是系统的名称，不能用作账号", f"{SCHEDULER} is the system's name, no account's"
)
_MUST_BE_GRANTED: Final = Text(
    "已有管理员，须由管理员授予角色", "there are administrators, who grant roles"
)


def digest_of(token: str) -> str:
    """Return what is recorded of a token: its SHA-256; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def lapses_at_ms(request: RoleRequested | ForgetRequested) -> int:
    """Return the instant at which a request lapses."""
    return parse_instant(request.at) + REQUEST_DAYS * DAY_MS


def is_lapsed(request: RoleRequested | ForgetRequested, at: str) -> bool:
    """Return whether a request counts no more at an instant, nor before it was made."""
    return not parse_instant(request.at) <= parse_instant(at) < lapses_at_ms(request)


def _grant_of(data: RoleRequested | RoleGranted | RoleRevoked) -> Grant:
    """Return the role of an event with what it is limited to."""
    return Grant(data.role, data.scope)


def _no_account(person: str) -> Text:
    """Return that nobody has such a name."""
    return Text(f"没有账号 {person}", f"there is no account {person}")


def _themselves(person: str, by: str) -> Text | None:
    """Return that somebody acts for himself, if so."""
    if person != by:
        return None
    return Text(f"{person} 不能为自己办理", f"{person} cannot do this for themselves")
