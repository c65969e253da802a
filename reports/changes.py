"""What a later statement states otherwise than an earlier one: cell by cell, of any kind.

Both are tables of figures and words, so whatever differs in them is what changed, whichever event
of the log it was. Rows are the same where they say the same; of the others those go together that
begin with the same words. Prose and charts are left out: their figures stand in tables as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from ledger.money import render_yuan
from ledger.text import Text
from reports.statement import Amount, Cell, Section, Statement, Table, Words, Yuan
from reports.supplement import HEADING

Row = tuple[Cell, ...]

# A running number says where a line stands, not what it is.
_PLACE: Final = Text("序号", "No.")

_NOTHING: Final = Text("", "")

_TOTAL: Final = Text("合计", "Total")


class Change(NamedTuple):
    """What stands in a place of a statement, before and after; None where it did not stand at all.

    `row` is what a line begins with and `item` the heading of its column. A line that came or went
    is one change, whose `item` is empty.
    """

    section: Text
    row: Text
    item: Text
    before: Text | None
    after: Text | None

    def tell(self) -> Text:
        """Return it as a sentence."""
        place = [one for one in (self.section, self.row, self.item) if one.zh]
        shown = [one or Text("无", "none") for one in (self.before, self.after)]
        return Text(
            f"{' · '.join(one.zh for one in place)}：{shown[0].zh} → {shown[1].zh}",
            f"{' · '.join(one.en for one in place)}: {shown[0].en} → {shown[1].en}",
        )


def find_changes(before: Statement, after: Statement) -> list[Change]:
    """Return what a statement states otherwise than an earlier one, in its order."""
    found = list(_compare(after.title, _NOTHING, dict(before.facts), dict(after.facts)))
    earlier, later = _sections(before), _sections(after)
    for heading in dict.fromkeys([*earlier, *later]):
        found += _in_section(heading, earlier.get(heading), later.get(heading))
    return found


def _sections(statement: Statement) -> dict[Text, Section]:
    """Return a statement's sections, but for that which says itself what changed."""
    return {one.heading: one for one in statement.sections if one.heading != HEADING}


def _in_section(heading: Text, before: Section | None, after: Section | None) -> Iterator[Change]:
    """Yield what differs under a heading: sums that count, and tables in their order."""
    yield from _compare(heading, _NOTHING, _amounts(before), _amounts(after))
    earlier, later = _tables(before), _tables(after)
    for at in range(max(len(earlier), len(later))):
        then, now = (tables[at] if at < len(tables) else None for tables in (earlier, later))
        yield from _in_table(heading, then, now)


def _amounts(section: Section | None) -> dict[Text, Cell]:
    """Return the sums of a section that count, by their labels."""
    blocks = section.blocks if section else ()
    return {one.label: Yuan(one.fen) for one in blocks if isinstance(one, Amount)}


def _tables(section: Section | None) -> list[Table]:
    return [one for one in section.blocks if isinstance(one, Table)] if section else []


def _in_table(heading: Text, before: Table | None, after: Table | None) -> Iterator[Change]:
    """Yield what differs in a table, its line of sums last."""
    shape = after or before
    assert shape is not None
    if before and after and _titles(before) != _titles(after):
        # Another form of it: nothing in one is a column of the other.
        yield from _in_table(heading, before, None)
        yield from _in_table(heading, None, after)
        return
    places = [at for at, one in enumerate(shape.columns) if one.title != _PLACE]
    earlier, later = (
        [tuple(row[at] for at in places) for row in table.rows] if table else []
        for table in (before, after)
    )
    titles = [shape.columns[at].title for at in places]
    for name, then, now in _pair(earlier, later):
        if then is not None and now is not None:
            cells = dict(zip(titles, then, strict=True)), dict(zip(titles, now, strict=True))
            yield from _compare(heading, _join(name), *cells)
        else:
            shown = (None if one is None else _join(one) for one in (then, now))
            yield Change(heading, _join(name), _NOTHING, *shown)
    if before and after and before.total and after.total:
        sums = (dict(zip(_titles(one), one.total or (), strict=True)) for one in (before, after))
        yield from _compare(heading, _TOTAL, *sums)


def _titles(table: Table) -> list[Text]:
    return [one.title for one in table.columns]


def _compare(
    section: Text, row: Text, before: dict[Text, Cell], after: dict[Text, Cell]
) -> Iterator[Change]:
    """Yield which cells under the same titles differ."""
    for title in dict.fromkeys([*before, *after]):
        was, is_now = before.get(title), after.get(title)
        if was != is_now:
            shown = (None if one is None else _show(one) for one in (was, is_now))
            yield Change(section, row, title, *shown)


def _pair(
    before: Sequence[Row], after: Sequence[Row]
) -> Iterator[tuple[Row, Row | None, Row | None]]:
    """Yield the lines that differ with what they begin with, those that begin alike together.

    The more words they begin with alike, and no other line with them, the sooner they are paired.
    """
    then = list((Counter(before) - Counter(after)).elements())
    now = list((Counter(after) - Counter(before)).elements())
    words = max((len(_beginning(one)) for one in [*then, *now]), default=0)
    for length in range(words, 0, -1):
        theirs, ours = _alone(then, length), _alone(now, length)
        for name in [one for one in ours if one in theirs]:
            yield name, theirs[name], ours[name]
            then.remove(theirs[name])
            now.remove(ours[name])
    yield from ((_beginning(one)[:1], one, None) for one in then)
    yield from ((_beginning(one)[:1], None, one) for one in now)


def _beginning(row: Row) -> Row:
    """Return the words before a line's first figure."""
    return tuple(takewhile(lambda cell: isinstance(cell, Words), row))


def _alone(rows: Iterable[Row], length: int) -> dict[Row, Row]:
    """Return the lines that alone begin with so many words, by these."""
    found: dict[Row, list[Row]] = {}
    for one in rows:
        if len(begun := _beginning(one)[:length]) == length:
            found.setdefault(begun, []).append(one)
    return {begun: some[0] for begun, some in found.items() if len(some) == 1}


def _join(cells: Iterable[Cell]) -> Text:
    """Return cells one after the other."""
    shown = [one for one in map(_show, cells) if one.zh]
    return Text(" / ".join(one.zh for one in shown), " / ".join(one.en for one in shown))


def _show(cell: Cell) -> Text:
    """Return a cell in words; money in yuan."""
    match cell:
        case Yuan():
            return Text(render_yuan(cell.fen), render_yuan(cell.fen))
        case Words():
            return Text(cell.zh, cell.en or cell.zh)
        case _:
            return Text(cell.value, cell.value)
