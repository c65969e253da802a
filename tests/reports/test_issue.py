"""Issued statements: made once, supplemented when late facts come, and the same at every replay."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from ledger.codec import encode
from ledger.database import open_engine
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import ClaimCut, ClaimSubmitted, FundAppropriated, IssuedData, StatementIssued
from ledger.finding import Finding
from ledger.money import render_yuan
from reports.compute import MAKER
from reports.fonts import Fonts
from reports.issue import Draft, Issued, Press, list_issued, path_in, subjects_of
from reports.pdf import RENDERER
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Kind, Paragraph, Table, Yuan
from reports.subsidy import make_subsidy
from reports.supplement import explain
from tests.ledger.books import Clerk
from tests.programme_files import ANOTHER_RATE, ENDED, another_city, like, programme_files
from tests.reports.test_pdf import text_of
from tests.small_ledger import CODE, PROVIDER, SALT, SmallLedger, events, snapshot_of
from vouchers.adoption import FOUNDING, Decided, adopt
from vouchers.catalogue import select_programmes

BOOK = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15
    qualification above_scale 2021-01-01
    domicile      east-lake 2021-01-01
    fact          sales_fen 2021 15000000000
    declaration   2022
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
"""
USAGE = "usage a100 100 2022-07-01T00:00 2022-07-02T00:00\n"
LATE = "usage a100 8 2022-07-31T22:00 2022-08-01T02:00\n"
BILLS = """
    invoice 1 C-1 2022-08-05 30000 1698.11 2022-07-01 2022-07-31
    payment 1 2022-08-10 30000
"""


class Office:
    """A ledger, a press and a home: what a centre makes its statements with."""

    def __init__(self, url: str, home: Path, fonts: Fonts) -> None:
        self.ledger = SmallLedger(url)
        self.press = Press(home, fonts)

    def snapshot(self) -> Snapshot:
        with self.ledger.reading() as connection:
            return read_snapshot(connection)

    def record(self, *lines: str) -> None:
        """Append the facts of some lines."""
        self.ledger.append(*events("\n".join(lines)))

    def draft(self, kind: Kind, month: str) -> Issued | Draft:
        """Return the statement that stands for a month, or the draft of one that must follow."""
        made = self.press.compose(self.snapshot(), kind, month, CODE)
        return made if isinstance(made, Issued) else self.press.print(made)

    def make(self, kind: Kind = "compute", month: str = "2022-07") -> Issued:
        """Return the enterprise's statement for a month, kept and recorded where it is new."""
        made = self.draft(kind, month)
        if isinstance(made, Issued):
            return made
        self.press.keep(made)
        self.issue(made.issued.data)
        return made.issued

    def issue(self, data: IssuedData) -> None:
        """Append the event that makes a statement issued."""
        self.ledger.append(encode("urn:test:statements", data.statement, CODE, data, SALT))

    def bytes_of(self, issued: Issued) -> bytes:
        return path_in(self.press.home, issued).read_bytes()

    def replay(self, *issued: Issued) -> list[Finding]:
        """Return what a replay of some statements finds, of all of them where none is named."""
        chosen = issued or list_issued(self.snapshot())
        with self.ledger.reading() as connection:
            return list(self.press.replay(connection, chosen))

    def close(self) -> None:
        self.ledger.close()


@pytest.fixture
def on_each(database_url: str, tmp_path: Path, faces: Fonts) -> Iterator[Office]:
    """Yield an office on each kind of database."""
    with closing(Office(database_url, tmp_path / "home", faces)) as made:
        yield made


@pytest.fixture
def office(tmp_path: Path, faces: Fonts) -> Iterator[Office]:
    """Yield an office on SQLite, with a month's usage, invoiced and paid."""
    url = f"sqlite:///{tmp_path / 'suanquan.db'}"
    with closing(Office(url, tmp_path / "home", faces)) as made:
        made.record(BOOK, USAGE, BILLS)
        yield made


# --- making ---


def test_a_statement_is_issued_supplemented_and_replayed(on_each: Office) -> None:
    on_each.record(BOOK, USAGE)
    sizes = on_each.snapshot().sizes
    first = on_each.make()
    pdf = on_each.bytes_of(first)
    assert first.data == StatementIssued(
        statement=f"SQ-C-2022-07-{CODE}-1",
        kind="compute",
        period="2022-07",
        revision=1,
        sizes=sizes,
        rules=None,
        renderer=f"{RENDERER} {MAKER}",
        total_fen=3_000_000,
        values_sha256=first.data.values_sha256,
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
    )
    assert pdf.startswith(b"%PDF-")
    on_each.record(LATE, BILLS)
    second, subsidy = on_each.make(), on_each.make("subsidy", "2022-12")
    assert list_issued(on_each.snapshot()) == [first, second, subsidy]
    assert on_each.replay() == []
    assert on_each.bytes_of(first) == pdf


@pytest.mark.parametrize(("kind", "month"), [("compute", "2022-07"), ("subsidy", "2022-12")])
def test_making_again_changes_nothing(office: Office, kind: Kind, month: str) -> None:
    first = office.make(kind, month)
    pdf, sizes = office.bytes_of(first), office.snapshot().sizes
    assert office.make(kind, month) == first
    assert office.snapshot().sizes == sizes, "no new event"
    assert office.bytes_of(first) == pdf
    assert len(list(office.press.home.rglob("*.pdf"))) == 1


def test_making_again_after_the_log_grew_elsewhere_changes_nothing(office: Office) -> None:
    first = office.make()
    office.record("usage a100 1 2022-08-01T00:00 2022-08-02T00:00", "declaration 2023")
    assert office.make() == first


def test_late_usage_gives_a_supplementary_statement_of_the_same_month(office: Office) -> None:
    first = office.make()
    office.record(LATE)
    second = office.make()
    office.record("usage a100 1 2022-07-09T00:00 2022-07-09T01:00")
    third = office.make()
    found = [
        (one.data.statement[-2:], one.data.revision, one.data.supplements, one.data.period)
        for one in (first, second, third)
    ]
    name = first.data.statement
    assert found == [
        ("-1", 1, None, "2022-07"),
        ("-2", 2, name, "2022-07"),
        ("-3", 3, name, "2022-07"),
    ]
    totals = [one.data.total_fen for one in (first, second, third)]
    assert totals == [3_000_000, 3_000_000 + 16 * 1250, 3_000_000 + 17 * 1250]
    assert office.make() == third
    assert office.make(month="2022-08").data.supplements is None, "another month begins anew"


def test_each_kind_is_numbered_by_itself(office: Office) -> None:
    office.make("compute", "2022-07")
    subsidy = office.make("subsidy", "2022-07")
    assert (subsidy.data.statement, subsidy.data.revision) == (f"SQ-S-2022-07-{CODE}-1", 1)


def test_number_revision_and_heads_are_no_content(office: Office) -> None:
    content = office.draft("compute", "2022-07")
    assert isinstance(content, Draft)
    office.record("declaration 2023")
    again = office.draft("compute", "2022-07")
    assert isinstance(again, Draft)
    assert again.issued.data.values_sha256 == content.issued.data.values_sha256
    assert again.issued.data.sizes != content.issued.data.sizes
    assert again.pdf != content.pdf, "the page names the tree heads"


def test_a_character_that_cannot_be_printed_is_refused_by_name(office: Office) -> None:
    office.record("enterprise 420100 华智🐼科技")
    with pytest.raises(InvalidInputError) as caught:
        office.make()
    assert caught.value.code == "missing_glyph"
    assert "华智🐼科技" in caught.value.message.zh
    assert "U+1F43C" in caught.value.message.en
    assert not list(office.press.home.rglob("*.pdf"))


# --- whom it concerns ---


def test_a_compute_statement_concerns_who_used_something_in_the_month() -> None:
    snapshot = snapshot_of(events(USAGE), events(USAGE, PROVIDER), events(BOOK))
    assert subjects_of(snapshot, "compute", "2022-07") == sorted([CODE, PROVIDER])
    assert subjects_of(snapshot, "compute", "2022-08") == []
    backwards = Snapshot(snapshot.book, dict(reversed(snapshot.usage.items())), ())
    assert subjects_of(backwards, "compute", "2022-07") == sorted([CODE, PROVIDER])


def test_a_subsidy_statement_concerns_who_was_invoiced_by_the_months_end() -> None:
    snapshot = snapshot_of(events(BOOK + USAGE + BILLS), events(USAGE, PROVIDER))
    found = [subjects_of(snapshot, "subsidy", f"2022-{month:02d}") for month in (7, 8, 9)]
    assert found == [[], [CODE], [CODE]]


# --- replay ---


def only(findings: list[Finding]) -> tuple[str, str]:
    """Return the column and the words of the one finding."""
    (finding,) = findings
    assert (finding.log, finding.table) == ("book", "statement")
    return finding.column, finding.what.en


def test_replay_at_older_sizes_gives_the_old_bytes_though_newer_usage_exists(
    office: Office,
) -> None:
    first = office.make()
    office.record(LATE, "enterprise 420100 新名称")
    assert office.make().data.total_fen != first.data.total_fen
    path_in(office.press.home, first).unlink()
    assert only(office.replay(first))[0] == "path", "nothing but the file is missing"


def test_replay_tells_its_progress_for_each_statement(office: Office) -> None:
    office.make()
    office.make("subsidy", "2022-12")
    office.record(LATE)
    office.make()
    told: list[int] = []
    with office.ledger.reading() as connection:
        issued = list_issued(office.snapshot())
        assert list(office.press.replay(connection, issued, told.append)) == []
    assert told == [1, 1, 1]


def test_replay_does_not_look_at_the_usage_projection(office: Office) -> None:
    office.make()
    office.make("subsidy", "2022-12")
    url = office.ledger.write.url.render_as_string(hide_password=False)
    own = open_engine(url, "own")
    with own.begin() as connection:
        connection.execute(text("UPDATE usage_day SET quantity = quantity + 1"))
    own.dispose()
    assert office.replay() == []


def test_a_missing_file_is_made_again_as_it_was(on_each: Office) -> None:
    on_each.record(BOOK, USAGE)
    first = on_each.make()
    on_each.record(LATE, BILLS)
    made = [first, on_each.make(), on_each.make("subsidy", "2022-12")]
    before = [on_each.bytes_of(one) for one in made]
    for one in made:
        path_in(on_each.press.home, one).unlink()
    on_each.record("usage a100 1 2022-07-05T00:00 2022-07-06T00:00")
    with on_each.ledger.reading() as connection:
        assert on_each.press.keep_missing(connection, made) == []
    assert [on_each.bytes_of(one) for one in made] == before


def test_a_file_that_would_come_out_otherwise_stays_missing_and_is_named(office: Office) -> None:
    there, lost = office.make(), office.make("subsidy", "2022-12")
    path_in(office.press.home, lost).unlink()
    other = Issued(lost.subject, msgspec.structs.replace(lost.data, pdf_sha256="0" * 64))
    with office.ledger.reading() as connection:
        assert office.press.keep_missing(connection, [there, other]) == [other]
    assert not path_in(office.press.home, lost).exists()


def test_replay_finds_a_changed_file(office: Office) -> None:
    path = path_in(office.press.home, office.make())
    path.write_bytes(path.read_bytes().replace(b"%PDF-1", b"%PDF-2", 1))
    column, what = only(office.replay())
    assert column == "path"
    assert what == f"SQ-C-2022-07-{CODE}-1: {path} was changed"


def test_replay_finds_a_missing_file(office: Office) -> None:
    path = path_in(office.press.home, office.make())
    path.unlink()
    column, what = only(office.replay())
    assert column == "path"
    assert what == f"SQ-C-2022-07-{CODE}-1: {path} is missing"


def drafted(office: Office) -> IssuedData:
    """Return what a right event would say, its file kept."""
    draft = office.draft("compute", "2022-07")
    assert isinstance(draft, Draft)
    office.press.keep(draft)
    return draft.issued.data


Change = Callable[[IssuedData], dict[str, object]]


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda _: {}, []),
        (lambda _: {"values_sha256": "0" * 64}, ["values_sha256"]),
        (lambda data: {"total_fen": data.total_fen + 1}, ["total_fen"]),
        (lambda _: {"rules": "0" * 64}, ["rules"]),
        (lambda _: {"pdf_sha256": "0" * 64}, ["pdf_sha256", "path"]),
        (lambda _: {"revision": 2}, ["pdf_sha256"]),
        (lambda _: {"supplements": "SQ-C-2022-07-0"}, ["pdf_sha256"]),
        (lambda data: {"sizes": {**data.sizes, "book": 8}}, ["pdf_sha256"]),
        (lambda data: {"sizes": {**data.sizes, "usage": 0}}, ["total_fen", "values_sha256"]),
        (lambda _: {"period": "2022-08"}, ["total_fen", "values_sha256", "path"]),
        (lambda _: {"kind": "subsidy"}, ["rules", "total_fen", "values_sha256"]),
    ],
)
def test_replay_finds_an_event_that_says_something_else(
    office: Office, change: Change, columns: list[str]
) -> None:
    data = drafted(office)
    office.issue(msgspec.structs.replace(data, **change(data)))
    assert [finding.column for finding in office.replay()] == columns


def test_a_statement_of_another_renderer_is_checked_by_values_and_file_alone(
    office: Office,
) -> None:
    data = drafted(office)
    office.issue(msgspec.structs.replace(data, renderer="pdf/0"))
    assert office.replay() == []


def test_a_statement_keeps_its_digest_while_its_log_grows(office: Office) -> None:
    first = office.make("subsidy", "2022-08")
    office.record("usage a100 8 2022-09-01T00:00 2022-09-02T00:00", "payment 1 2022-12-01 5")
    assert office.make("subsidy", "2022-08") == first


def test_what_an_earlier_version_worded_otherwise_still_stands(office: Office) -> None:
    office.record(BOOK, USAGE)
    draft = office.draft("compute", "2022-07")
    assert isinstance(draft, Draft)
    pdf = draft.pdf.replace(b"%PDF-1.7", b"%PDF-1.6")
    data = msgspec.structs.replace(
        draft.issued.data, renderer="pdf/0 compute/0", pdf_sha256=hashlib.sha256(pdf).hexdigest()
    )
    old = Issued(CODE, data)
    office.press.keep(Draft(old, pdf, draft.content))
    office.issue(data)
    assert office.make() == old, "the same values make no other statement"
    assert office.replay() == []
    path_in(office.press.home, old).write_bytes(pdf + b" ")
    assert [one.column for one in office.replay()] == ["path"]


# --- where it leads ---


def test_a_statement_leads_where_the_portal_was_when_it_was_issued(office: Office) -> None:
    elsewhere = office.press
    office.press = replace(office.press, public_url="https://one.example/suan")
    first = office.make()
    assert first.data.public_url == "https://one.example/suan"
    text = text_of(office.bytes_of(first))
    assert f"https://one.example/suan/verify/{first.data.statement}" in text
    office.press = replace(office.press, public_url="https://two.example")
    assert office.make() == first, "another address makes no other statement"
    assert office.replay() == []
    office.press = elsewhere
    path_in(office.press.home, first).unlink()
    with office.ledger.reading() as connection:
        assert office.press.keep_missing(connection, [first]) == []
    assert office.replay() == []


def test_a_statement_of_a_centre_without_a_portal_leads_nowhere(office: Office) -> None:
    first = office.make()
    assert first.data.public_url is None
    assert "verify/" not in text_of(office.bytes_of(first))


def test_an_issued_statement_leads_to_an_address_and_nothing_else(office: Office) -> None:
    data = drafted(office)
    with pytest.raises(InvalidInputError) as caught:
        msgspec.structs.replace(data, public_url="javascript:alert(1)")
    assert caught.value.code == "bad_public_url"


# --- claims ---


def hand_in(office: Office) -> None:
    """Record a budget, and a claim on it for CNY 1,000."""
    clerk = Clerk(CODE)
    budget = clerk.fund(FundAppropriated, 1_000_000)
    office.ledger.append(budget, clerk.claim(ClaimSubmitted, 100_000, claim="SQ-1"))


def cut(office: Office) -> None:
    """Record that the claim is cut by CNY 300."""
    office.ledger.append(Clerk(CODE, "cut").claim(ClaimCut, 30_000, claim="SQ-1"))


def drafted_subsidy(office: Office) -> IssuedData:
    """Return what a right event of a subsidy statement would say, its file kept."""
    draft = office.draft("subsidy", "2022-12")
    assert isinstance(draft, Draft)
    office.press.keep(draft)
    return draft.issued.data


def test_a_statement_of_before_claims_were_told_stands_until_one_changes(office: Office) -> None:
    hand_in(office)
    data = msgspec.structs.replace(
        drafted_subsidy(office), renderer="pdf/1 subsidy/3", claims_sha256=None
    )
    office.issue(data)
    assert office.make("subsidy", "2022-12").data == data
    assert office.replay() == []
    cut(office)
    second = office.make("subsidy", "2022-12")
    assert (second.data.revision, second.data.supplements) == (2, data.statement)
    assert office.make("subsidy", "2022-12") == second
    assert office.replay() == []


def test_replay_finds_an_event_that_says_something_else_of_claims(office: Office) -> None:
    hand_in(office)
    data = drafted_subsidy(office)
    assert data.claims_sha256 is not None
    office.issue(msgspec.structs.replace(data, renderer="pdf/0", claims_sha256="0" * 64))
    assert [one.column for one in office.replay()] == ["claims_sha256"]


def test_a_supplement_tells_what_was_computed_anew_and_what_claims_did(office: Office) -> None:
    hand_in(office)
    first = office.make("subsidy", "2022-12")
    office.record("invoice 2 C-1 2022-09-05 70 3.96 2022-08-01 2022-08-31")
    cut(office)
    second = office.make("subsidy", "2022-12")
    snapshot = office.snapshot()
    told = explain(snapshot, CODE, first.data, second.data)
    assert told.en == (
        "usage, papers or rules behind it changed, the total is still CNY"
        f" {render_yuan(second.data.total_fen)};"
        " 2022-11-30 cut: claim SQ-1, CNY 300.00"
    )
    made = make_subsidy(snapshot, CODE, "2022-12").sections[0]
    (table,) = [one for one in made.blocks if isinstance(one, Table)]
    assert [row[2:] for row in table.rows] == [(Yuan(0), Yuan(30_000), Yuan(30_000))]
    assert [one.text.zh[:4] for one in made.blocks if isinstance(one, Paragraph)] == [
        "本单补充",
        "测算所依",
        "2022",
    ]


# --- the rules that were adopted ---


def adopt_all(office: Office, *ids: str) -> None:
    """Record the adoption of programmes."""
    book, decided = office.snapshot().book, Decided("2022-12-31", "2022-12-31T08:00:00Z")
    made = [adopt(one, book, decided) for one in select_programmes(ids)]
    office.ledger.append(
        *(
            encode("urn:test:rules", f"{one.programme}-{one.versions[-1].hash}", "", one, SALT)
            for one in made
            if one is not None
        )
    )


def test_a_statement_stands_whatever_is_there_or_adopted_later(
    office: Office, tmp_path: Path
) -> None:
    first = office.make("subsidy", "2022-12")
    assert first.data.rules == FOUNDING.hash
    with programme_files(tmp_path / "programmes", {"jinan": another_city("jinan")}):
        assert office.replay() == [], "it is there"
        assert office.make("subsidy", "2022-12") == first
        adopt_all(office, "hubei", "wuhan", "east_lake", "jinan")
        assert office.replay() == [], "it is adopted"
        second = office.make("subsidy", "2022-12")
        assert (second.data.revision, second.data.rules == first.data.rules) == (2, False)
        assert office.replay() == []
    found = office.replay()
    assert [one.column for one in found] == ["rules", "values_sha256"], "its file is gone"
    assert "jinan 2020 was adopted" in found[0].what.en


def test_a_rule_that_was_edited_is_named_once_and_nothing_new_is_made_under_it(
    office: Office, tmp_path: Path
) -> None:
    adopt_all(office)
    office.make("subsidy", "2022-11")
    office.make("subsidy", "2022-12")
    compute = office.make()
    assert office.replay() == []
    with programme_files(tmp_path / "programmes", {"wuhan": like("wuhan", ANOTHER_RATE)}):
        assert office.replay(compute) == [], "it applies no rules"
        found = office.replay()
        assert [one.table for one in found if one.column == "rules"] == ["programme"]
        (named,) = [one for one in found if one.column == "rules"]
        assert "wuhan 2020" in named.what.zh
        assert "version.rate.value 1/2 → 3/5" in named.what.zh
        with pytest.raises(RuleViolationError, match="rules_differ"):
            office.make("subsidy", "2022-12")
        office.make()
    assert office.replay() == []


def test_a_version_that_ends_later_changes_no_statement(office: Office, tmp_path: Path) -> None:
    adopt_all(office)
    office.make("subsidy", "2022-12")
    with programme_files(tmp_path / "programmes", {"wuhan": like("wuhan", ENDED)}):
        assert office.replay() == []
        adopt_all(office)
        assert office.replay() == []
