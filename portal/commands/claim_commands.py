"""`suanquan claim`: hand in, look, act, and see what waits."""

from pathlib import Path
from typing import BinaryIO, Final

import click

from ledger.accepted import read_accepted
from ledger.claim_list import ClaimFilter, parse_place, render_place
from ledger.claim_state import STATES, State
from ledger.credit_codes import require_code
from ledger.documents import DocumentStore
from ledger.period import day_of
from ledger.read import read_heads
from portal.acting import acting, look, looking
from portal.claims.acts import act_once, look_over
from portal.claims.desk import find_claim, open_desk
from portal.claims.draft import save_draft
from portal.claims.queue import find_visible, list_visible, list_waiting, listed_row
from portal.claims.reading import Viewer, read_headroom, render_claim
from portal.claims.submit import hand_in
from portal.claims.view import show_claim, show_items, show_list, show_waiting
from portal.options import answers
from portal.shell import Result, Shell, now_ms
from vouchers.claims import checklist
from vouchers.claims.claim_file import parse_claim_file, parse_draft_file
from vouchers.claims.item_view import hide, render_items
from vouchers.claims.requests import REQUESTS, parse_request
from vouchers.claims.table import Action
from vouchers.strict_json import DOCUMENT_BYTES_MAX

# A page that a person or a script reads at once.
LIST_MAX: Final = 1_000
# Each is folded from its events to see whose turn it is.
NEXT_MAX: Final = 200


_seen: Final = click.option(
    "--seen", type=click.IntRange(min=1), help="How many steps you saw: `seen` of claim show."
)


@click.group()
def claim() -> None:
    """Claims: hand in, check, approve, give notice, pay."""


@claim.command(
    epilog="""\b
Example:
  suanquan claim submit --file claim.json
with {"enterprise": "91420100MA4K2XY18X", "programme": "hubei",
      "invoices": ["22420000000000000001"],
      "documents": [{"path": "contract.pdf", "kind": "contract", "ref": "C-1"}]}

\b
Paths are beside the file. "claim": "SQ-…" hands in again what was returned; "asked_fen" asks for
less than the rules give. The same file once more changes nothing."""
)
@click.option("--file", "file", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--on", "on", metavar="DATE", help="The day of application, for officials.")
@_seen
@answers
def submit(shell: Shell, file: Path, on: str | None, seen: int | None) -> Result:
    """Hand in a claim on invoices that are on record: documents, voucher, and the fund's reserve.

    The amount is what the programme's rules give on that day; all of it is recorded, or nothing.
    """
    with file.open("rb") as opened:
        asked = parse_claim_file(opened.read(DOCUMENT_BYTES_MAX + 1))
    store = DocumentStore(shell.settings.home)
    paths = [file.parent / one.path for one in asked.documents]
    with store.staging(paths) as staged, acting(shell, alone=True) as one:
        require_code(asked.enterprise, read_accepted(one.connection))
        desk = open_desk(one, on)
        read = hand_in(desk, asked, store, staged, seen)
        data = render_claim(read, Viewer(one.roster, one.name), day_of(one.at_ms), shell.language)
    return Result(data, show_claim(shell, data))


@claim.command(
    epilog="""\b
Example:
  suanquan claim draft --file claim.json
with {"enterprise": "91420100MA4K2XY18X", "programme": "hubei"}

\b
The file is that of `claim submit`, as far as it goes. "claim": "SQ-…" replaces what was saved, and
hands it in where `claim submit` is given it. The same file once more changes nothing. Documents are
filed when it is handed in; a draft keeps their kind and what they are of."""
)
@click.option("--file", "file", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--on", "on", metavar="DATE", help="The day that counts, for officials.")
@_seen
@answers
def draft(shell: Shell, file: Path, on: str | None, seen: int | None) -> Result:
    """Save what there is of a claim so far; nothing is handed in, checked or reserved."""
    with file.open("rb") as opened:
        asked = parse_draft_file(opened.read(DOCUMENT_BYTES_MAX + 1))
    with acting(shell, alone=True) as one:
        require_code(asked.enterprise, read_accepted(one.connection))
        desk = open_desk(one, on)
        read = save_draft(desk, asked, seen)
        viewer = Viewer(one.roster, one.name)
        data = render_claim(read, viewer, day_of(one.at_ms), shell.language)
    return Result(data, show_claim(shell, data))


@claim.command(epilog="Example:  suanquan claim check SQ-7K3M9XQ2 --json")
@click.argument("claim_id", metavar="ID")
@answers
def check(shell: Shell, claim_id: str) -> Result:
    """Compute the check list of a claim: each item with its verdict, basis and source."""
    with looking(shell) as one:
        desk = open_desk(one)
        read = find_claim(desk, claim_id)
        viewer = Viewer(one.roster, one.name)
        items = checklist.check(look_over(desk, read))
    shown = items if viewer.is_insider() else hide(items)
    rows = render_items(shown, shell.language)
    data = {"id": claim_id, "revision": read.claim.revision, "seen": read.claim.events}
    return Result({**data, "items": rows}, show_items(shell, shown))


@claim.command(epilog="Example:  suanquan claim show SQ-7K3M9XQ2 --json")
@click.argument("claim_id", metavar="ID")
@answers
def show(shell: Shell, claim_id: str) -> Result:
    """Show a claim with its history and what you may do now."""
    with shell.reading() as connection:
        roster, actor = look(shell, connection, alone=True)
        size = read_heads(connection)["book"].size
        viewer = Viewer(roster, actor)
        read = find_visible(connection, viewer, claim_id, size)
        shell.shows(read.claim.enterprise)
        headroom = read_headroom(connection, read.claim, viewer, size)
    shown = render_claim(read, viewer, day_of(shell.by_clock(now_ms())), shell.language)
    data = {**shown, "headroom": headroom}
    return Result(data, show_claim(shell, data))


@claim.command(
    "list",
    epilog="""\b
Examples:
  suanquan claim list --programme hubei --state submitted
  suanquan claim list --year 2022 --json""",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES[1:]),
    metavar="STATE",
    help="Such as submitted or paid; may be given again.",
)
@click.option("--programme", "programmes", multiple=True, metavar="ID", help="The same.")
@click.option("--enterprise", metavar="CODE")
@click.option("--year", type=int)
@click.option("--limit", type=click.IntRange(1, LIST_MAX), default=50, show_default=True)
@click.option("--after", metavar="DAY/ID", help="Go on after this claim: the `after` of a page.")
@answers
def list_(
    shell: Shell,
    *,
    states: tuple[State, ...],
    programmes: tuple[str, ...],
    enterprise: str | None,
    year: int | None,
    limit: int,
    after: str | None,
) -> Result:
    """List the claims that you may see, those first that have stood as they do for longest."""
    wanted = ClaimFilter(states or None, programmes or None, enterprise, year)
    start = None if after is None else parse_place(after)
    with shell.reading() as connection:
        roster, actor = look(shell, connection, alone=True)
        found = list_visible(connection, Viewer(roster, actor), wanted, limit, start)
    rows = [listed_row(one) for one in found]
    last = render_place(found[-1].place) if len(rows) == limit else None
    return Result({"rows": rows, "after": last}, show_list(shell, rows, last))


@claim.command("next", epilog="Example:  suanquan claim next --json")
@click.option("--limit", type=click.IntRange(1, NEXT_MAX), default=20, show_default=True)
@answers
def next_(shell: Shell, limit: int) -> Result:
    """Show what waits for you, oldest first, with the working days that it has waited."""
    with shell.reading() as connection:
        roster, actor = look(shell, connection, alone=True)
        size = read_heads(connection)["book"].size
        today = day_of(shell.by_clock(now_ms()))
        rows = list_waiting(connection, Viewer(roster, actor), shell.papers, today, size, limit)
    return Result({"rows": rows, "on": today}, show_waiting(shell, rows))


@claim.command(
    epilog="""\b
Examples:
  suanquan claim act SQ-7K3M9XQ2 check --file marks.json
  suanquan claim act SQ-7K3M9XQ2 return --file remarks.json --seen 3
  suanquan claim act SQ-7K3M9XQ2 reject --reason "not a compute service"
  suanquan claim act SQ-7K3M9XQ2 approve --on 2022-12-05

\b
What a file holds (withdraw takes --reason alone, as reject does before a claim is cleared; approve,
clear and close need nothing):
  return   {"items": [{"item": "documents", "reason": "the bank slip is missing"}]}
  cut      {"cuts": [{"invoice": "22420000000000000001", "base_cut_fen": 100, "reason": "storage"}]}
           once cleared {"cuts": [{"amount_fen": 3000000, "reason": "…"}], "document": "2022-9"}
  reject   {"reason": "a red invoice", "document": "2022-9"}
  check    {"items": [{"item": "status", "verdict": "met"}]}
  approve  {"document": "2022-7"}
  object   {"matter": "…", "objector": {"name": "…", "phone": "…", "address": "…"}}
  settle   {"objection": "OB-1", "outcome": "dismissed", "reason": "the usage bears it out"}
  pay      {"bank_reference": "20221202-1"}
  fail     {"reason": "the account is closed"}
  assess   {"amount_fen": 3000000, "document": "2022-8", "reason": "a red invoice"}
  recover  {"amount_fen": 3000000, "document": "2022-8", "bank_reference": "20221230-1"}
A check names every item that `claim check` lists, each "met", "not_met" or "cannot_tell", with a
reason where it says otherwise. An objection that is "upheld" cuts by "cut_fen", or else rejects.

\b
With --seen N, the number of steps that `claim show` told, an act on a claim that has moved since is
refused with what happened, and the same act once more changes nothing. The exceptions are check,
cut and object, which are refused the second time too: look whether the first one is there."""
)
@click.argument("claim_id", metavar="ID")
@click.argument("action", type=click.Choice(sorted(REQUESTS)), metavar="ACTION")
@click.option("--file", "file", type=click.File("rb"), help="What is asked, as JSON.")
@click.option("--reason", help="The reason, where that is all.")
@_seen
@click.option("--on", "on", metavar="DATE", help="The day that counts, for officials.")
@answers
def act(
    shell: Shell,
    *,
    claim_id: str,
    action: Action,
    file: BinaryIO | None,
    reason: str | None,
    seen: int | None,
    on: str | None,
) -> Result:
    """Do one act on a claim: return, cut, check, approve, reject, object, settle, clear, pay."""
    raw = file.read(DOCUMENT_BYTES_MAX + 1) if file else None
    request = parse_request(action, raw, reason)
    with acting(shell, alone=True) as one:
        desk = open_desk(one, on)
        read = find_claim(desk, claim_id)
        act_once(desk, read, seen, action, request)
        data = render_claim(read, Viewer(one.roster, one.name), day_of(one.at_ms), shell.language)
    return Result(data, show_claim(shell, data))
