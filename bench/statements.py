"""Statements a second: printed whole, and by bare ReportLab calls that draw the same pages.

The ceiling draws what the pages hold: every box (the QR code has 350), every text with its font,
size and place, and the mark, noted down once from the laid out pages. It is handed them as calls
and makes them on a stock canvas with stock fonts, of the same settings: nothing is composed, laid
out, measured, checked or bookmarked. It stands beside the whole of ours, from the ledger's snapshot
to the bytes and their hash. Over all processors stand the files on disk and their fsync as well.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bench.files import RECORDED_AT_MS
from bench.measure import Measurement, Reading, compare, compare_computing
from bench.world import Databases, workspace, writer
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.file_worker import ingest_file
from ingest.simulate import simulate
from ledger.database import open_engine
from ledger.projection import PROJECTIONS
from ledger.store import Store
from reports import formats
from reports.fonts import CACHE, Fonts, load
from reports.formats import FORMATS
from reports.issue import Composed, Press, subjects_of
from reports.pdf import lay_out, mark
from reports.pdf.page import PAGE_HEIGHT, PAGE_WIDTH, Page, Style
from reports.pdf.paint import _define_mark, _registered
from reports.print_room import Wanted, print_room
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Statement

ENTERPRISES: Final = 186
MONTHS: Final = ("2022-01", "2022-02", "2022-03")
DAYS: Final = 90
PRINTED: Final = 60
_PUBLIC_URL: Final = "https://suanquan.example.gov.cn"

Call = tuple[Literal["canvas", "path", "text"], str, tuple[Any, ...]]
"""On what it is made, what is called, with what; a path that is called nothing is filled."""


def statements(databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield one process against bare calls, all against one, each format, and the memory."""
    fonts = load(CACHE)
    with workspace() as home, databases.ledger("SQLite") as url:
        snapshot, press = _fill(home, url), Press(home, fonts, _PUBLIC_URL)
        wanted = _wanted(snapshot, MONTHS[0])[:PRINTED]
        contents = [_compose(press, snapshot, one).content for one in wanted]
        pages = [lay_out(one, fonts) for one in contents]
        yield Reading(
            "pages of a statement, with chart", PRINTED, f"{sum(map(len, pages)) / PRINTED:.1f}"
        )
        ours = (_registered(fonts.regular.path), _registered(fonts.bold.path))
        for what, names in (("stock fonts", _stock(fonts)), ("the same fonts", ours)):
            calls = [[_calls(page, names) for page in one] for one in pages]
            yield compare_computing(
                "statements, one process",
                PRINTED,
                lambda: [press.print(_compose(press, snapshot, one)) for one in wanted],
                f"bare ReportLab, {what}",
                partial(_draw_all, calls, fonts, names),
            )
        every = _wanted(snapshot, MONTHS[0])
        count = len(os.sched_getaffinity(0))
        yield compare(
            f"a month in all formats, {count} processes",
            len(every),
            lambda: _print(press, snapshot, every, count),
            "one process",
            lambda: _print(press, snapshot, every, 1),
        )
        yield from _by_format(contents, fonts)
        yield _memory(press, snapshot)


def _fill(home: Path, url: str) -> Snapshot:
    """Return the snapshot of a ledger with three simulated months."""
    path = home / "months.ndjson"
    with path.open("wb") as file:
        file.writelines(event.raw + b"\n" for event in simulate(ENTERPRISES, DAYS, 1))
    with writer(url) as engine:
        ingest_file(Store(engine, PROJECTIONS), path, NdjsonAdapter(), lambda: RECORDED_AT_MS)
    engine = open_engine(url, "read")
    with engine.connect() as connection:
        snapshot = read_snapshot(connection)
    engine.dispose()
    return snapshot


def _wanted(snapshot: Snapshot, month: str) -> list[Wanted]:
    """Return the compute statements of a month."""
    return [("compute", month, code) for code in subjects_of(snapshot, "compute", month)]


def _compose(press: Press, snapshot: Snapshot, one: Wanted) -> Composed:
    """Return a statement, none of which stands yet."""
    composed = press.compose(snapshot, *one)
    assert isinstance(composed, Composed)
    return composed


def _print(press: Press, snapshot: Snapshot, wanted: Sequence[Wanted], processes: int) -> None:
    """Print statements in all formats into files that are thrown away."""
    with (
        print_room(press, FORMATS[1:]) as room,
        closing(room.make(snapshot, enumerate(wanted), processes)) as coming,
    ):
        assert all(made.is_new for made in coming)


# --- bare ReportLab ---


@cache
def _registered_stock(path: Path) -> str:
    """Return the name of a font as ReportLab has it."""
    name = f"stock-{path.stem}"
    pdfmetrics.registerFont(TTFont(name, str(path), asciiReadable=False, shapable=False))
    return name


def _stock(fonts: Fonts) -> tuple[str, str]:
    """Return the names of both weights as ReportLab has them."""
    return _registered_stock(fonts.regular.path), _registered_stock(fonts.bold.path)


def _calls(page: Page, names: tuple[str, str]) -> list[Call]:
    """Return the calls that draw a page, none of which changes nothing."""
    calls: list[Call] = []
    for ink, boxes in groupby(page.boxes, key=lambda box: box.ink):
        calls.append(("canvas", "setFillColorRGB", ink))
        for box in boxes:
            low = round(PAGE_HEIGHT - box.y - box.height, 2)
            size = round(box.width, 2), round(box.height, 2)
            calls.append(("path", "rect", (round(box.x, 2), low, *size)))
        calls.append(("path", "", ()))
    style: Style | None = None
    for run in page.runs:
        place = round(run.x, 2), round(PAGE_HEIGHT - run.y, 2)
        calls.append(("text", "setTextOrigin", place))
        if style is None or run.style.ink != style.ink:
            calls.append(("text", "setFillColorRGB", run.style.ink))
        if style is None or (run.style.size, run.style.bold) != (style.size, style.bold):
            calls.append(("text", "setFont", (names[run.style.bold], run.style.size)))
        style = run.style
        calls.append(("text", "textLine", (run.text,)))
    return calls


def _draw_all(
    documents: Sequence[Sequence[Sequence[Call]]], fonts: Fonts, names: tuple[str, str]
) -> None:
    """Draw documents, one after the other."""
    for pages in documents:
        _draw(pages, fonts, names)


def _draw(pages: Sequence[Sequence[Call]], fonts: Fonts, names: tuple[str, str]) -> bytes:
    """Return the PDF of some pages, drawn by their calls."""
    rl_config.invariant = 1
    options: dict[str, Any] = {"pageCompression": 0, "initialFontName": names[0]}
    canvas: Any = Canvas("", pagesize=(PAGE_WIDTH, PAGE_HEIGHT), **options)
    _define_mark(canvas, fonts)
    for calls in pages:
        canvas.doForm(mark.NAME)
        text, path = canvas.beginText(), canvas.beginPath()
        for on, name, given in calls:
            if name:
                getattr({"canvas": canvas, "path": path, "text": text}[on], name)(*given)
            else:
                canvas.drawPath(path, 0, 1)
                path = canvas.beginPath()
        canvas.drawText(text)
        canvas.showPage()
    return bytes(canvas.getpdfdata())


# --- formats and memory ---


def _by_format(contents: Sequence[Statement], fonts: Fonts) -> Iterator[Reading]:
    """Yield how many statements a second each format takes, by processor time."""
    for form in FORMATS:
        start = time.process_time()
        deque((formats.render(one, form, fonts) for one in contents), maxlen=0)
        rate = len(contents) / (time.process_time() - start)
        yield Reading(f"statements as {form}, one process", len(contents), f"{rate:,.0f} a second")


def _memory(press: Press, snapshot: Snapshot) -> Reading:
    """Return the memory of one process that prints three months in all formats, by quarters."""
    wanted = [one for month in MONTHS for one in _wanted(snapshot, month)]
    found: list[str] = []
    with (
        print_room(press, FORMATS[1:]) as room,
        closing(room.make(snapshot, enumerate(wanted), 1)) as coming,
    ):
        for number, _ in enumerate(coming, start=1):
            if number * 4 // len(wanted) > len(found):
                found.append(f"{_resident_mib():.0f}")
    return Reading("resident memory by quarters", len(wanted), f"{', '.join(found)} MiB")


def _resident_mib() -> float:
    """Return the memory of this process that is in RAM, proc(5)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
