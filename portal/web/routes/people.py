"""Accounts: who holds which role, what waits for a second administrator, and one-time links."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, get_args

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.errors import InvalidInputError, LedgerError
from ledger.events import Renewal, Role
from ledger.period import render_instant
from ledger.read import read_heads
from ledger.rights import Grant
from ledger.roster import TWO_PERSON_ROLES, Roster, is_lapsed, lapses_at_ms
from ledger.text import Text
from portal.accounts.invitations import INVITATION_HOURS, Link, invite
from portal.accounts.people import TITLES, give_role, take_role
from portal.accounts.sign_on import find_linked_of, unlink
from portal.acting import acting
from portal.enterprises.names import read_names
from portal.web.audience import ADMINISTRATOR, unknown_page
from portal.web.entries import field_of
from portal.web.errors import for_page, status_of
from portal.web.naming import name_programmes
from portal.web.page import onward, page, told
from portal.web.visit import Visit, Visitor

ROWS_MAX: Final = 50

_FIELDS: Final = {
    "bad_person": "name",
    "bad_role": "role",
    "unknown_programme": "programme",
    "credit_code_form": "enterprise",
    "credit_code_check": "enterprise",
    "bad_scope": "role",
}


class RoleForm(msgspec.Struct):
    """A role to be granted or taken away, as it was typed."""

    name: str = ""
    role: str = ""
    programme: str = ""
    enterprise: str = ""

    def grant(self) -> Grant:
        """Return the role that is meant; raises `InvalidInputError` (`bad_role`)."""
        scope = self.enterprise if self.role == "enterprise" else self.programme
        return Grant(_role(self.role), scope.strip() or None)


class LinkForm(msgspec.Struct):
    """Whom a link is for, and what it renews."""

    name: str = ""
    renews: str = ""


Typed = Annotated[RoleForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


def _role(name: str) -> Role:
    """Return a role by its name; raises `InvalidInputError` (`bad_role`)."""
    for one in get_args(Role):
        if one == name:
            found: Role = one
            return found
    raise InvalidInputError(
        "bad_role",
        Text("没有选择角色", "no role was chosen"),
        Text("请选择一个角色", "choose one"),
    )


@get("/people", who=ADMINISTRATOR, sync_to_thread=True)
def people(
    visit: Visitor,
    after: FromQuery[str] = "",
    enterprise: FromQuery[str] = "",
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return the accounts by name, and the roles that wait for another administrator.

    Whoever comes from an enterprise's page finds the form filled in for it.
    """
    begun = RoleForm(role="enterprise", enterprise=enterprise) if enterprise else RoleForm()
    return _people(visit, begun, after=after, done=told(visit, done))


@post("/people/grant", who=ADMINISTRATOR, sync_to_thread=True)
def grant(visit: Visitor, data: Typed) -> Response[Any]:
    """Grant a role, or ask for it, or consent to what another administrator asked for."""
    try:
        with acting(visit.shell) as act:
            granted = give_role(act, data.name.strip(), data.grant())
    except LedgerError as error:
        return _people(visit, data, error=error)
    return onward("/people", "acted" if granted else "asked")


@post("/people/revoke", who=ADMINISTRATOR, sync_to_thread=True)
def revoke(visit: Visitor, data: Typed) -> Response[Any]:
    """Take a role away."""
    try:
        with acting(visit.shell) as act:
            take_role(act, data.name.strip(), data.grant())
    except LedgerError as error:
        return _people(visit, RoleForm(), error=error)
    return onward("/people", "acted")


@post("/people/link", who=ADMINISTRATOR, sync_to_thread=True)
def link(
    visit: Visitor,
    data: Annotated[LinkForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Show a one-time link for somebody, this once, in place of his last one."""
    renews: Renewal = "second_factor" if data.renews == "second_factor" else "password"
    try:
        with acting(visit.shell) as act:
            made = invite(act, data.name.strip(), renews)
    except LedgerError as error:
        return _people(visit, RoleForm(), error=error)
    return _people(visit, RoleForm(), link=made)


@get("/people/{name:str}", who=ADMINISTRATOR, sync_to_thread=True)
def person(visit: Visitor, name: FromPath[str]) -> Response[Any]:
    """Return one account: its roles, each to be taken away, and the links that it can be given."""
    roster, names, _ = _read(visit)
    if name not in roster.grants:
        raise unknown_page()
    return page(
        visit,
        "people_one.html",
        name=name,
        grants=_in_order(roster.grants[name]),
        is_open=name in roster.accounts,
        is_self=name == visit.person,
        linked=find_linked_of(visit.shell, name),
        hours=INVITATION_HOURS,
        titles=TITLES,
        names=names | _name_enterprises(visit, [roster.grants[name]]),
    )


@post("/people/sign-on/remove", who=ADMINISTRATOR, sync_to_thread=True)
def remove_sign_on(
    visit: Visitor,
    data: Annotated[LinkForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Take an account's identity away, and end its sessions."""
    try:
        with acting(visit.shell, alone=True) as act:
            unlink(act, data.name.strip())
    except LedgerError as error:
        return _people(visit, RoleForm(), error=error)
    return onward("/people", "acted")


def _people(
    visit: Visit,
    typed: RoleForm,
    *,
    after: str = "",
    error: LedgerError | None = None,
    link: Link | None = None,
    done: str | None = None,
) -> Response[Any]:
    """Return the page of accounts, with what was typed and what was wrong, or a link."""
    roster, names, at = _read(visit)
    known = sorted(one for one, grants in roster.grants.items() if grants)
    shown = [one for one in known if one > after][: ROWS_MAX + 1]
    programmes = list(names.items())
    shown_grants = [roster.grants[one] for one in shown[:ROWS_MAX]]
    names |= _name_enterprises(visit, shown_grants)
    return page(
        visit,
        "people_list.html",
        200 if error is None else int(status_of(error)),
        rows=[
            (one, _in_order(roster.grants[one]), one in roster.accounts) for one in shown[:ROWS_MAX]
        ],
        requests=_requests(visit, roster, at),
        typed=typed,
        roles=[(one, TITLES[one]) for one in get_args(Role)],
        programmes=programmes,
        titles=TITLES,
        names=names,
        two=[visit.say(TITLES[one]) for one in sorted(TWO_PERSON_ROLES)],
        link=link,
        address=link.address(visit.shell.settings.public_url) if link else "",
        hours=INVITATION_HOURS,
        wrong=for_page(error, visit) if error else None,
        field=field_of(error, _FIELDS) if error else "",
        before="/people" if after else None,
        after=f"/people?after={shown[ROWS_MAX - 1]}" if len(shown) > ROWS_MAX else None,
        done=done,
    )


def _read(visit: Visit) -> tuple[Roster, dict[str, Text], str]:
    """Return everybody's roles, the programmes' names, and the instant of the visit."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        return (
            visit.shell.everybody.read_on(connection, size),
            name_programmes(connection, size),
            render_instant(visit.at_ms),
        )


def _name_enterprises(visit: Visit, held: Iterable[set[Grant]]) -> dict[str, Text]:
    """Return what the enterprises are called that some roles are for, by code."""
    grants = [one for grants in held for one in grants if one.role == "enterprise"]
    codes = {one.scope for one in grants if one.scope}
    with visit.shell.reading() as connection:
        found = read_names(visit.shell, connection, codes, read_heads(connection)["book"].size)
    return {code: Text(name, name) for code, name in found.items()}


def _requests(visit: Visit, roster: Roster, at: str) -> list[dict[str, Any]]:
    """Return the roles that were asked for and wait, and whether the visitor may consent."""
    return [
        {
            "name": name,
            "grant": grant,
            "by": one.requested_by,
            "lapses_at": lapses_at_ms(one),
            "may": visit.person not in (one.requested_by, name),
        }
        for (name, grant), one in sorted(roster.role_requests.items(), key=str)
        if not is_lapsed(one, at)
    ]


def _in_order(grants: set[Grant]) -> list[Grant]:
    """Return roles in the order of their names."""
    return sorted(grants, key=lambda one: (one.role, one.scope or ""))


ROUTES: Final = [people, grant, revoke, link, remove_sign_on, person]
