"""`suanquan statement seal`: put a seal on issued statements, each once, and keep the files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ledger.codec import encode
from ledger.database import Connection
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import StatementSealed
from ledger.period import parse_month
from ledger.query import find_entry
from ledger.read import parse_entry, read_some
from ledger.secret import write_file
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell, now_ms
from portal.statements.seal_settings import seal_roots, sealer_of
from reports.issue import Issued, list_issued, sealed_path_in
from reports.reading import read_snapshot
from reports.seal import Sealer

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOURCE: Final = "urn:suanquan:seals"


@click.command(
    epilog="""\b
Examples:
  suanquan statement seal --month 2022-07
  suanquan statement seal SQ-C-2022-07-91420100MA4K2XY18X-1 --json"""
)
@click.argument("numbers", nargs=-1, metavar="[ID]...")
@click.option("--month", help="Those of this month, such as 2022-07.")
@answers
def seal(shell: Shell, numbers: tuple[str, ...], month: str | None) -> Result:
    """Seal the statements that have no seal yet: those named, a month's, or all.

    The sealed file stands beside the issued one, which stays. Sealing again changes nothing.
    """
    from reports.seal.kept import sealing_alone  # noqa: PLC0415 - brings pyHanko, which is slow

    month = None if month is None else parse_month(month)
    sealer, roots = sealer_of(shell.settings, now_ms()), seal_roots(shell.settings)
    with sealing_alone(shell.settings.home):
        with shell.reading() as connection:
            issued = list_issued(read_snapshot(connection))
        chosen = [one for one in issued if _is_chosen(one, numbers, month)]
        _require_known(numbers, chosen)
        count, rows = 0, []
        with shell.progress(Text("加盖印章", "sealing"), len(chosen)) as step:
            for one in chosen:
                said = one.seal
                if said is None:
                    said = _seal(shell, sealer, roots, one, named=bool(numbers))
                    count += said is not None
                if said is not None:
                    rows.append(_row(shell, one, said))
                step(1)
    told = Text(f"新加盖 {count} 份，共 {len(rows)} 份", f"{count} sealed now, {len(rows)} in all")
    paths = [row["path"] for row in rows]
    return Result({"sealed": count, "rows": rows}, "\n".join([*paths, shell.say(told)]))


def find_seal(connection: Connection, number: str) -> StatementSealed | None:
    """Return what the book says of a statement's seal, None where it has none."""
    place = find_entry(connection, SOURCE, number)
    if place is None:
        return None
    (entry,) = read_some(connection, place[0], [place[1]]).values()
    data = parse_entry(*place, entry).data
    assert isinstance(data, StatementSealed), data
    return data


def _is_chosen(one: Issued, numbers: Sequence[str], month: str | None) -> bool:
    """Return whether a statement is asked for; without anything said every one is."""
    return (not numbers or one.data.statement in numbers) and month in (None, one.data.period)


def _require_known(numbers: Sequence[str], chosen: Sequence[Issued]) -> None:
    """Raise `InvalidInputError` (`no_statement`) for a number that is none of those chosen."""
    for number in sorted(set(numbers) - {one.data.statement for one in chosen}):
        raise InvalidInputError(
            "no_statement",
            Text(f"没有结算单 {number}", f"there is no statement {number}"),
            Text("已签发的见 suanquan statement list", "see suanquan statement list"),
        )


def _seal(
    shell: Shell, sealer: Sealer, roots: "list[Certificate]", one: Issued, *, named: bool
) -> StatementSealed | None:
    """Return what is recorded of a seal put on a statement now, None for a layout that takes none.

    The file first, then the event: what is recorded is there. A crash in between leaves a file that
    the next run replaces, and what another home has recorded meanwhile makes this one's a stray.
    """
    from reports.seal import kept  # noqa: PLC0415 - brings pyHanko, which is slow

    try:
        before = kept.read_unsealed(shell.settings.home, one)
    except RuleViolationError as error:
        if named:
            raise
        shell.warn(error.message)
        return None
    made = kept.seal(sealer, before, roots)
    said, path = kept.event_of(one, made), sealed_path_in(shell.settings.home, one)
    write_file(path, made.pdf)
    event = encode(SOURCE, said.statement, "", said, shell.salt(SOURCE, said.statement))
    with shell.writing() as engine:
        try:
            shell.store(engine).append_own([event], now_ms())
        except RuleViolationError:
            path.unlink()
            raise
    return said


def _row(shell: Shell, one: Issued, said: StatementSealed) -> dict[str, Any]:
    """Return a sealed statement's keys of the command line."""
    return {
        "id": said.statement,
        "subject": one.subject,
        "period": one.data.period,
        "path": str(sealed_path_in(shell.settings.home, one)),
        "sha256": said.sha256,
        "profile": said.profile,
        "signer": said.signer,
        "certificate_sha256": said.certificate_sha256,
        "sealed_at": said.sealed_at,
    }
