"""Accounts at the desk: grant a role, ask for one that takes two administrators, take it away."""

from typing import Any

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.events import Role, RoleGranted, RoleRequested, RoleRevoked
from ledger.events.people import check_person
from ledger.rights import CONSOLE, Grant
from ledger.roster import TWO_PERSON_ROLES, is_lapsed
from ledger.sessions import end_sessions_of
from ledger.text import Text
from portal.acting import Act, not_allowed
from vouchers.catalogue import select_programmes

TITLES: dict[Role, Text] = {
    "administrator": Text("管理员", "administrator"),
    "auditor": Text("审计", "auditor"),
    "authority": Text("主管部门", "authority"),
    "enterprise": Text("企业", "enterprise"),
    "finance": Text("财政", "finance"),
    "task_force": Text("专班", "task force"),
}


def give_role(act: Act, name: str, grant: Grant) -> bool:
    """Return whether a role was granted, once name and scope are such as may stand in the book.

    Raises `InvalidInputError`: what `check_person`, `select_programmes` and `require_code` do.
    """
    check_person(name)
    if grant.scope is not None and grant.role == "enterprise":
        require_code(grant.scope, read_accepted(act.connection))
    elif grant.scope is not None:
        select_programmes([grant.scope])
    return grant_role(act, name, grant)


def grant_role(act: Act, name: str, grant: Grant) -> bool:
    """Return whether a role was granted; else it was asked for, and another one has to consent."""
    if grant in act.roster.grants.get(name, ()):
        raise not_allowed(Text(f"{name} 已有此角色", f"{name} holds this role already"))
    scope: dict[str, Any] = {"at": act.at, "person": name, **grant._asdict()}
    needs_consent = grant.role in TWO_PERSON_ROLES and not (
        grant.role == "administrator" and len(act.roster.administrators_ever) <= 1
    )
    if not needs_consent or act.name == CONSOLE:
        act.record(RoleGranted(**scope, granted_by=act.name))
        return True
    request = act.roster.role_requests.get((name, grant))
    if request is None or request.requested_by == act.name or is_lapsed(request, act.at):
        if request is not None and not is_lapsed(request, act.at):
            raise not_allowed(
                Text(
                    f"{act.name} 已提出此申请，须由另一名管理员同意",
                    f"{act.name} has asked for it; another administrator has to consent",
                )
            )
        act.record(RoleRequested(**scope, requested_by=act.name))
        return False
    act.record(RoleGranted(**scope, granted_by=request.requested_by, consented_by=act.name))
    return True


def take_role(act: Act, name: str, grant: Grant) -> None:
    """Record that a role is taken away; who holds none is signed out."""
    check_person(name)
    scope: dict[str, Any] = {"at": act.at, "person": name, **grant._asdict()}
    act.record(RoleRevoked(**scope, revoked_by=act.name))
    if not act.roster.grants[name]:
        end_sessions_of(act.connection, name)
