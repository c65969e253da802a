"""Events of people: who may act, with which token, and what is known of them under a digest.

A person is named by an account's name, which stays in the log for ever: a staff number, not a name
that is somebody's own. Personal and bank data are not here; the leaf holds their digest
(`ledger.personal`). Each event says at which instant it was decided and by whom, so that a replay
can judge it again (`ledger.roster`); an empty name stands for the console of the machine.
"""

import re
from typing import ClassVar, Final, Literal, get_args

from ledger.errors import InvalidInputError
from ledger.events.data import Data, check_digests, check_words
from ledger.identifiers import check_credit_code_form
from ledger.period import parse_instant
from ledger.text import Text

Role = Literal["administrator", "auditor", "authority", "enterprise", "finance", "task_force"]

Renewal = Literal["password", "second_factor"]
"""What an invitation gives anew: the password, or the second factor with it."""

Scope = Literal["read", "claim", "review", "money"]
"""What a token may be limited to: look; apply and hand in; review claims; move money."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

PROGRAMME_ROLES: Final[frozenset[Role]] = frozenset({"authority", "finance", "task_force"})
"""Roles that may be granted for one programme only."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)

REASON_LENGTH_MAX: Final = 200


def is_person(name: str) -> bool:
    """Return whether a name may be an account's."""
    return _NAME.fullmatch(name) is not None


def check_person(name: str) -> None:
    """Raise `InvalidInputError` (`bad_person`) unless a name is an account's."""
    if not is_person(name):
        raise InvalidInputError(
            "bad_person",
            Text(f"账号名不可用：{name[:64]!r}", f"not an account's name: {name[:64]!r}"),
            Text(
                "请用小写字母、数字与 . _ -，如工号 gh-0412；账号名永久留在日志中，勿用真实姓名",
                "use lower-case letters, digits and . _ -, such as the staff number gh-0412;"
                " it stays in the log for ever, so it is not somebody's own name",
            ),
        )


class _Decided(Data, frozen=True):
    """What every event here has: the instant at which it was decided."""

    outside: ClassVar[bool] = False

    at: str

    def __post_init__(self) -> None:
        """Check the instant."""
        parse_instant(self.at)


class _Granting(_Decided, frozen=True):
    """A role of a person; `scope` is the programme or enterprise that it is limited to."""

    about_enterprise: ClassVar[bool] = False

    person: str
    role: Role
    scope: str | None = None

    def __post_init__(self) -> None:
        """Check the name, what the role is limited to, and the instant."""
        check_person(self.person)
        is_enterprise = self.role == "enterprise"
        if is_enterprise > (self.scope is not None) or (
            self.scope is not None and not is_enterprise and self.role not in PROGRAMME_ROLES
        ):
            raise InvalidInputError(
                "bad_scope",
                Text(
                    f"角色与范围不相配：{self.scope or '未填'}",
                    f"the role {self.role} cannot have the scope {self.scope}",
                ),
                Text(
                    "企业须填统一社会信用代码；专班、主管部门、财政可限于一个项目",
                    "name the enterprise of the role enterprise, and of no other;"
                    " task_force, authority and finance may have a programme",
                ),
            )
        if is_enterprise and self.scope is not None:
            check_credit_code_form(self.scope)
        super().__post_init__()


class RoleRequested(_Granting, frozen=True, kw_only=True):
    """An administrator asks for a role that needs a second administrator's consent."""

    type: ClassVar[str] = "cn.suanquan.role.requested.v1"

    requested_by: str


class RoleGranted(_Granting, frozen=True, kw_only=True):
    """A person holds a role from now on; `granted_by` is empty for the first administrator."""

    type: ClassVar[str] = "cn.suanquan.role.granted.v1"

    granted_by: str = ""
    consented_by: str | None = None


class RoleRevoked(_Granting, frozen=True, kw_only=True):
    """A person holds a role no more."""

    type: ClassVar[str] = "cn.suanquan.role.revoked.v1"

    revoked_by: str


class TokenIssued(_Decided, frozen=True):
    """A person has a new token, in place of the one before; `token_sha256` is its digest.

    A token has 256 random bits, so its digest tells nothing. One that somebody else issued is an
    invitation: it only serves to be exchanged. `scopes` are what it is limited to, in the order of
    `SCOPES`; one with none is for commands, which it gives all that the person may.
    """

    type: ClassVar[str] = "cn.suanquan.token.issued.v1"
    about_enterprise: ClassVar[bool] = False

    person: str
    token_sha256: str
    expires_at: str
    issued_by: str = ""
    scopes: tuple[Scope, ...] = ()

    def __post_init__(self) -> None:
        """Check name, digest, scopes and instants."""
        check_person(self.person)
        check_digests(token_sha256=self.token_sha256)
        if self.scopes != tuple(one for one in SCOPES if one in self.scopes):
            raise InvalidInputError(
                "bad_scopes",
                Text(f"令牌权限写法不对：{self.scopes}", f"not a token's scopes: {self.scopes}"),
                Text(f"依次取自 {SCOPES}，不重复", f"some of {SCOPES}, in order, each once"),
            )
        parse_instant(self.expires_at)
        super().__post_init__()


class AccountInvited(_Decided, frozen=True, kw_only=True):
    """A person was given a link that serves once; it is in no leaf, nor is its digest."""

    type: ClassVar[str] = "cn.suanquan.account.invited.v1"
    about_enterprise: ClassVar[bool] = False

    person: str
    renews: Renewal
    expires_at: str
    issued_by: str = ""

    def __post_init__(self) -> None:
        """Check name and instants."""
        check_person(self.person)
        parse_instant(self.expires_at)
        super().__post_init__()


class AccountOpened(_Decided, frozen=True):
    """Whoever had a person's link set how he signs in from now on: a password, or an identity."""

    type: ClassVar[str] = "cn.suanquan.account.opened.v1"
    about_enterprise: ClassVar[bool] = False

    person: str

    def __post_init__(self) -> None:
        """Check name and instant."""
        check_person(self.person)
        super().__post_init__()


class _Committed(_Decided, frozen=True):
    """Personal data of an enterprise were entered; `digest` commits to them."""

    digest: str
    recorded_by: str

    def __post_init__(self) -> None:
        """Check digest and instant."""
        check_digests(digest=self.digest)
        super().__post_init__()


class ContactRecorded(_Committed, frozen=True):
    """A person to turn to at the enterprise."""

    type: ClassVar[str] = "cn.suanquan.enterprise.contact.recorded.v1"


class BankAccountSet(_Committed, frozen=True):
    """The account to which the enterprise is paid; the last one set counts."""

    type: ClassVar[str] = "cn.suanquan.enterprise.bank_account.set.v1"


class ForgetRequested(_Decided, frozen=True):
    """An administrator asks that the enterprise's personal data be erased."""

    type: ClassVar[str] = "cn.suanquan.enterprise.forget.requested.v1"

    requested_by: str
    reason: str

    def __post_init__(self) -> None:
        """Check the reason's length and the instant."""
        if not 0 < len(self.reason) <= REASON_LENGTH_MAX:
            raise InvalidInputError(
                "bad_reason",
                Text(f"事由有 {len(self.reason)} 字", f"the reason has {len(self.reason)} letters"),
                Text(
                    f"请写 1 至 {REASON_LENGTH_MAX} 字，如受理编号；勿写个人信息",
                    f"write 1 to {REASON_LENGTH_MAX}, such as a file number; no personal data",
                ),
            )
        super().__post_init__()


class EnterpriseForgotten(_Decided, frozen=True):
    """Every personal datum that the enterprise's leaves named before this one is erased."""

    type: ClassVar[str] = "cn.suanquan.enterprise.forgotten.v1"

    requested_by: str
    consented_by: str


class CreditCodeAccepted(_Decided, frozen=True, kw_only=True):
    """A credit code whose check character does not fit is the enterprise's all the same.

    The code is the subject; the evidence is a licence or an extract of the register.
    """

    type: ClassVar[str] = "cn.suanquan.credit_code.accepted.v1"

    reason: str
    evidence_sha256: str
    accepted_by: str

    def __post_init__(self) -> None:
        """Check reason, digest and instant."""
        check_words(reason=self.reason)
        check_digests(evidence_sha256=self.evidence_sha256)
        super().__post_init__()
