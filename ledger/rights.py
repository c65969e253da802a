"""Roles, and who may enter what of rules and papers.

- An administrator or its authority adopts a programme; the console does before there are any.
- A calendar counts for every programme: an administrator adopts it, or the authority of them all.
- Personal data are entered by administrators, the task force, and the enterprise for itself; two
  administrators erase them.
- Papers are entered by the task force, and by an enterprise its own; from outside, by nobody named.
- A credit code that fails its check is accepted by administrators and the task force.
- Documents are filed, and vouchers taken out, by the task force or by the enterprise for itself.
- A statement is answered by the enterprise, or by the task force from the enterprise's paper; the
  task force settles what is disputed, but nobody for his own enterprise.
"""

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Final, NamedTuple

from ledger.events import (
    AnswerData,
    CalendarAdopted,
    CreditCodeAccepted,
    Data,
    DisputeSettled,
    DocumentFiled,
    PaperData,
    ProgrammeAdopted,
    Role,
    VoucherGranted,
)
from ledger.text import Text

ENTERING_ROLES: Final[frozenset[Role]] = frozenset({"administrator", "task_force"})
"""Who enters personal data and reads them."""

CONSOLE: Final = ""

_MUST_BE_ADOPTED: Final = Text(
    "已有管理员，须由管理员或主管部门采纳规则",
    "there are administrators: they or the authority adopt rules",
)


class Grant(NamedTuple):
    """A role with the programme or enterprise that it is limited to, if it is."""

    role: Role
    scope: str | None = None


@dataclass(slots=True)
class Rights:
    """The roles that people hold, and who was an administrator ever."""

    grants: dict[str, set[Grant]] = field(default_factory=dict)
    administrators_ever: set[str] = field(default_factory=set)

    def has(self, person: str | None, *roles: Role) -> bool:
        """Return whether a person holds one of the roles."""
        return any(grant.role in roles for grant in self.grants.get(person or "", ()))

    def holds(self, person: str | None, role: Role, programme: str) -> bool:
        """Return whether a person holds a role for a programme, or for them all."""
        grants = self.grants.get(person or "", set())
        return not grants.isdisjoint((Grant(role), Grant(role, programme)))

    def acts_for(self, person: str | None, enterprise: str) -> bool:
        """Return whether a person acts for an enterprise."""
        return Grant("enterprise", enterprise) in self.grants.get(person or "", ())

    @singledispatchmethod
    def entry_objection(self, data: Data, subject: str) -> Text | None:  # noqa: ARG002 - the others' form
        """Return why rules or a paper may not be entered so, None where they may."""
        return None

    @entry_objection.register
    def _(self, data: ProgrammeAdopted, _subject: str) -> Text | None:
        by = data.recorded_by
        if by == CONSOLE:
            return _MUST_BE_ADOPTED if self.administrators_ever else None
        if self.has(by, "administrator") or self.holds(by, "authority", data.programme):
            return None
        return Text(
            f"{by} 既不是管理员，也不是 {data.programme} 的主管部门",
            f"{by} is neither an administrator nor the authority of {data.programme}",
        )

    @entry_objection.register
    def _(self, data: CalendarAdopted, _subject: str) -> Text | None:
        by = data.recorded_by
        if by == CONSOLE:
            return _MUST_BE_ADOPTED if self.administrators_ever else None
        if self.has(by, "administrator") or Grant("authority") in self.grants.get(by, ()):
            return None
        return Text(
            f"{by} 既不是管理员，也不是所有项目的主管部门",
            f"{by} is neither an administrator nor the authority of every programme",
        )

    @entry_objection.register
    def _(self, data: DocumentFiled, subject: str) -> Text | None:
        by = data.recorded_by
        if self.has(by, "task_force") or self.acts_for(by, subject):
            return None
        return Text(f"{by} 无权为 {subject} 提交文件", f"{by} may not file documents for {subject}")

    @entry_objection.register
    def _(self, data: CreditCodeAccepted, _subject: str) -> Text | None:
        if self.has(data.accepted_by, *ENTERING_ROLES):
            return None
        return Text(
            f"{data.accepted_by or '?'} 无权认可信用代码",
            f"{data.accepted_by or '?'} may not accept a credit code",
        )

    @entry_objection.register
    def _(self, data: PaperData, subject: str) -> Text | None:
        by = data.recorded_by
        if by is None or self.has(by, "task_force") or self.acts_for(by, subject):
            return None
        return Text(
            f"{by} 既不是专班成员，也不是 {subject} 的企业账号",
            f"{by} is neither of the task force nor an account of {subject}",
        )

    @entry_objection.register
    def _(self, data: VoucherGranted, subject: str) -> Text | None:
        by = data.actor
        officials = self.holds(by, "task_force", data.programme)
        if by is None or officials or self.acts_for(by, subject):
            return None
        return Text(
            f"{by} 无权为 {subject} 申领 {data.programme}",
            f"{by} may not take out a voucher of {data.programme} for {subject}",
        )

    @entry_objection.register
    def _(self, data: AnswerData, subject: str) -> Text | None:
        by, is_own = data.actor, self.acts_for(data.actor, subject)
        staff = self.has(by, "task_force")
        if isinstance(data, DisputeSettled):
            if staff and not is_own:
                return None
            return Text(
                f"{by} 不是专班成员，或代表本企业，不能处理 {subject} 的异议",
                f"{by} is not of the task force, or acts for {subject}, whose dispute it is",
            )
        if is_own or (staff and data.document is not None):
            return None
        return Text(
            f"{by} 不能替 {subject} 答复；专班凭企业书面答复代录时须写明文号",
            f"{by} may not answer for {subject}; the task force does from its paper, whose"
            " number it names",
        )
