"""The people of a demo: an account of each role, and made-up contacts and bank accounts."""

from collections.abc import Mapping
from typing import Final

from ledger.events import SCOPES
from ledger.period import DAY_MS
from ledger.personal import BankAccount, Contact
from ledger.rights import Grant
from portal.accounts.people import grant_role
from portal.acting import TOKEN_DAYS, Act, at_console, issue_token
from portal.commands.enterprise_commands import enter_datum
from portal.shell import Shell
from vouchers.claims.table import STEPS, Action, Capacity

HELPER: Final = "task-force-1"
"""Who helps enterprises with their papers and claims, and so reviews none of them."""

ADMINISTRATORS: Final = ("admin-1", "admin-2")

OF_PROGRAMMES: Final = ("wuhan", "hubei", "east_lake")
"""Each programme has an authority and a finance of its own, numbered in this order."""

_OFFICES: Final[dict[Capacity, str]] = {"approver": "authority", "payer": "finance"}


def staff_of(programme: str, action: Action) -> str:
    """Return who of a demo's people does an act on the claims of a programme."""
    capacities = {one for step in STEPS if step.action == action for one in step.by.values()}
    if "assistant" in capacities:
        return HELPER
    if "reviewer" in capacities:
        return "task-force-2"
    office = next(_OFFICES[one] for one in ("approver", "payer") if one in capacities)
    return f"{office}-{OF_PROGRAMMES.index(programme) + 1}"


def add_people(shell: Shell, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Return an account of each role with its token, once accounts and personal data are recorded.

    `names` are the enterprises' names by their codes, to which they are paid.
    The rules hold here too: the first administrator adds the second, and both together whoever
    moves money; each account exchanges its invitation for a token of its own.
    """
    enterprises = sorted(names)
    accounts = (
        (ADMINISTRATORS[1], Grant("administrator")),
        ("auditor-1", Grant("auditor")),
        ("task-force-1", Grant("task_force")),
        ("task-force-2", Grant("task_force")),
        *((f"authority-{i}", Grant("authority", one)) for i, one in enumerate(OF_PROGRAMMES, 1)),
        *((f"finance-{i}", Grant("finance", one)) for i, one in enumerate(OF_PROGRAMMES, 1)),
        ("enterprise-1", Grant("enterprise", enterprises[0])),
    )
    with at_console(shell) as act:
        first, admin = ADMINISTRATORS[0], Grant("administrator")
        grant_role(act, first, admin)
        users = [_user(first, admin, _issue_token(act, first))]
        for name, grant in accounts:
            users.append(_user(name, grant, _open_account(act, name, grant)))
        act.actor = HELPER
        for number, code in enumerate(enterprises, 1):
            _enter(act, code, names[code], number)
    return users


def _user(name: str, grant: Grant, token: str) -> dict[str, str]:
    """Return an account's keys of the command line."""
    return {"name": name, "role": grant.role, "token": token}


def _open_account(act: Act, name: str, grant: Grant) -> str:
    """Return the token of a new account, granted by as many administrators as it takes."""
    for administrator in ADMINISTRATORS:
        act.actor = administrator
        if grant_role(act, name, grant):
            break
    issue_token(act, name)
    act.actor = name
    return _issue_token(act, name)


def _issue_token(act: Act, name: str) -> str:
    """Return a token for the commands, whose clock is right where the demo's is slow."""
    days = TOKEN_DAYS + act.shell.behind_ms // DAY_MS
    return issue_token(act, name, days, scopes=SCOPES)[0]


def _enter(act: Act, code: str, name: str, number: int) -> None:
    """Enter a contact and a bank account that nobody has."""
    enter_datum(act, code, Contact(name=f"演示联系人 {number}", phone=f"000-0000{number:04}"))
    account = BankAccount(holder=name, bank="演示银行", number=f"{number:016}")
    enter_datum(act, code, account)
