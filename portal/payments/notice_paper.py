"""The list of a notice as the paper that is stamped and put up (公示名单)."""

from ledger.read import read_heads
from ledger.rights import Rights
from portal.commands.statement_commands import issue
from portal.payments.notice_board import make_again, unknown_notice
from portal.shell import Shell
from reports.issue import Issued
from reports.print_room import Wanted
from reports.reading import read_snapshot
from vouchers.claims.authorise import OFFICIALS


def issue_paper(shell: Shell, rights: Rights, person: str, notice: str) -> Issued:
    """Return the paper of a notice for an official of its programme, issued now if it was not.

    Raises `InvalidInputError` (`unknown_notice`), and what `issue` raises.
    """
    with shell.reading() as connection:
        stood = make_again(connection, notice, read_heads(connection)["book"].size, 0, 1)
        heading = stood.notice.heading
        if not any(rights.holds(person, role, heading.programme) for role in OFFICIALS):
            raise unknown_notice(notice)
        snapshot = read_snapshot(connection)
    wanted: Wanted = ("notice", f"{heading.first_day:%Y-%m}", notice)
    (issued,) = issue(shell, shell.press(), snapshot, [wanted], processes=1)
    return issued
