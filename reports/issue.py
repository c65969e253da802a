"""Issue statements: number them, render them, keep the file, record the event; and replay them.

A statement says what the ledger gave at stated log sizes. Making it again changes nothing while
its content is the same; other content for the same period is a supplementary statement that names
the first one. A replay folds the logs again to the recorded sizes, and must find the same values
and, with the same versions of words and layout, render the same bytes.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.events import IssuedData, ReportIssued, StatementIssued, StatementSealed
from ledger.finding import Finding
from ledger.history import History
from ledger.public_url import verify_url
from ledger.query import read_source_days
from ledger.secret import write_file
from ledger.tally import differing_days
from ledger.text import Text
from reports import formats
from reports.claim_facts import DIGESTED_WORDS, digest_words
from reports.claims import acts_in, digest_claims
from reports.fonts import Fonts
from reports.formats import Format
from reports.kinds import FORMS, Series, series_of
from reports.pdf import RENDERER, render
from reports.reading import replay_snapshots
from reports.snapshot import Sizes, Snapshot, growing
from reports.statement import Head, Kind, Statement
from vouchers.adoption import find_differences, require_same, rules_of
from vouchers.book import Book


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued statement: whose it is, if anybody's, what its event says, and that of its seal."""

    subject: str
    data: IssuedData
    seal: StatementSealed | None = None

    @property
    def about(self) -> str:
        """Return what it is about: an enterprise, or a claim, a notice, a fund, a batch."""
        return self.data.about or self.subject

    @property
    def series(self) -> Series:
        """Return what it shares with the statements that it follows or that follow it."""
        return series_of(self.data.kind, self.data.period, self.about)


@dataclass(frozen=True, slots=True)
class Composed:
    """A statement to be printed: what it says, of which log sizes, leading where, by what rules."""

    content: Statement
    sizes: Sizes
    public_url: str | None
    rules: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement that is rendered but not recorded yet, and what it says."""

    issued: Issued
    pdf: bytes
    content: Statement


def subjects_of(snapshot: Snapshot, kind: Kind, period: str) -> list[str]:
    """Return, in order, all that a kind of statement is about in a month."""
    return FORMS[kind].subjects(snapshot, period)


def require_tallied(connection: Connection, period: str) -> None:
    """Raise `RuleViolationError` (`tally_differs`) while a day of the month is not fully recorded.

    What an agent says that it sent and what is recorded of it must agree before it is settled.
    """
    differing = differing_days(read_source_days(connection))
    days = [one for one in differing if one.day.startswith(period)]
    if days:
        first = days[0]
        place = f"{first.source} {first.resource} {first.day}"
        raise RuleViolationError(
            "tally_differs",
            Text(
                f"{period} 有 {len(days)} 项采集端日计数与账本不一致，首项为 {place}："
                f"账本 {first.events} 条，计数 {first.tallied_events} 条",
                f"{len(days)} tallies of {period} differ from the ledger, the first is {place}:"
                f" {first.events} events recorded, {first.tallied_events} tallied",
            ),
            Text(
                "全部差异见 suanquan ingest tallies；请采集端补发，或补报更正的日计数",
                "see suanquan ingest tallies; have the agent send what is missing, or mend its"
                " tally by a further one",
            ),
        )


@dataclass(frozen=True, slots=True)
class Press:
    """What statements are printed with, and the home in which their files are kept.

    `public_url` is where the portal is reached that they lead to, None where there is none.
    """

    home: Path
    fonts: Fonts
    public_url: str | None = None

    def compose(self, snapshot: Snapshot, kind: Kind, period: str, about: str) -> Issued | Composed:
        """Return the statement that stands for a period, or one to be printed that must follow.

        Raises `RuleViolationError` (`rules_differ`) for a refund under rules that the ledger has
        adopted and the program no longer has.
        """
        if kind == "subsidy":
            require_same(snapshot.book)
        content = FORMS[kind].make(snapshot, about, period)
        series = series_of(kind, period, about)
        earlier = [one for one in _issued_to(snapshot, content.subject) if one.series == series]
        if earlier and _says(earlier[-1].data, content, snapshot):
            return earlier[-1]
        revision = len(earlier) + 1
        first = earlier[0].data.statement if earlier else None
        number = f"SQ-{FORMS[kind].letter}-{period}-{about}-{revision}"
        said = _Number(number, revision, first, self.public_url)
        numbered = _number(content, snapshot, said)
        return Composed(numbered, snapshot.sizes, self.public_url, _rules_hash(snapshot.book, kind))

    def print(self, composed: Composed) -> Draft:
        """Return a statement printed, and what its event will say."""
        content = composed.content
        pdf = render(content, self.fonts)
        said: dict[str, Any] = {
            "statement": content.number,
            "kind": content.kind,
            "period": content.period,
            "revision": content.revision,
            "sizes": composed.sizes,
            "rules": composed.rules,
            "renderer": renderer_of(content),
            "total_fen": content.total_fen,
            "values_sha256": content.values_sha256,
            "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
            "supplements": content.supplements,
            "claims_sha256": content.claims_sha256,
            "about": content.about,
            "public_url": composed.public_url,
        }
        data = StatementIssued(**said) if content.subject else ReportIssued(**said)
        return Draft(Issued(content.subject, data), pdf, content)

    def keep(self, draft: Draft) -> None:
        """Write the PDF of a draft, which is what is issued."""
        write_file(path_in(self.home, draft.issued), draft.pdf)

    def keep_beside(self, draft: Draft, form: Format) -> None:
        """Write a draft in another format, beside its PDF."""
        made = formats.render(draft.content, form, self.fonts)
        write_file(path_in(self.home, draft.issued, form), made)

    def keep_missing(self, source: Connection | History, issued: Sequence[Issued]) -> list[Issued]:
        """Return which issued statements have no file now that each missing one was made again.

        Whoever ended between the event and the file left one without: it is rendered at the sizes
        that its event names. What this program renders otherwise than was recorded has no file.
        """
        missing = [one for one in issued if not path_in(self.home, one).exists()]
        lost = []
        for snapshot, one in at_their_sizes(source, missing):
            content = make_again(snapshot, one)
            pdf = render(content, self.fonts)
            if hashlib.sha256(pdf).hexdigest() == one.data.pdf_sha256:
                self.keep(Draft(one, pdf, content))
            else:
                lost.append(one)
        return lost

    def replay(
        self,
        source: Connection | History,
        issued: Sequence[Issued],
        progress: Callable[[int], None] = lambda _: None,
        *,
        must_be_kept: bool = True,
    ) -> Iterator[Finding]:
        """Yield what differs when every issued statement is made again from the logs' bytes.

        `progress` is told of each statement. A file that is not in the home is a finding where it
        `must_be_kept`; one that is there is compared always.
        """
        told: list[Finding] = []
        for snapshot, one in at_their_sizes(source, issued):
            if one.data.kind == "subsidy":
                changed = find_changed_rules(snapshot.book)
                told += (news := [found for found in changed if found not in told])
                yield from news
            yield from self._replay_one(snapshot, one, must_be_kept=must_be_kept)
            progress(1)

    def find_strays(self, issued: Sequence[Issued]) -> Iterator[Finding]:
        """Yield the files among the statements that no event of the ledger knows."""
        known = {path_in(self.home, one) for one in issued}
        known |= {sealed_path_in(self.home, one) for one in issued if one.seal is not None}
        unsealed = {sealed_path_in(self.home, one) for one in issued if one.seal is None}
        for path in sorted((self.home / "statements").rglob("*.pdf")):
            if path in unsealed:
                what = Text(
                    f"{path} 的印章未入账；请运行 suanquan statement seal 重新加盖",
                    f"the seal of {path} was never recorded; suanquan statement seal replaces it",
                )
                yield Finding("book", None, "statement", "seal", what)
            elif path not in known:
                what = Text(f"{path} 不是账本签发的", f"{path} was not issued by this ledger")
                yield Finding("book", None, "statement", "path", what)

    def _replay_one(
        self, snapshot: Snapshot, issued: Issued, *, must_be_kept: bool
    ) -> Iterator[Finding]:
        """Yield what differs when one statement is made again."""
        data, path = issued.data, path_in(self.home, issued)
        content = make_again(snapshot, issued)
        rules = _rules_hash(snapshot.book, data.kind)
        if data.rules != rules:
            zh = f"所记规则 {data.rules} 不是账本当时采纳的 {rules}"
            en = f"it names the rules {data.rules}, and the book had adopted {rules}"
            yield _finding(data, "rules", zh, en)
        if content.total_fen != data.total_fen:
            yield _finding(data, "total_fen", "合计金额不符", "its event states another total")
        if content.values_sha256 != data.values_sha256:
            yield _finding(data, "values_sha256", "重算内容不同", "made again, it says otherwise")
        elif data.claims_sha256 not in (None, content.claims_sha256):
            zh, en = "重算的申请情况不同", "made again, it says otherwise of claims"
            yield _finding(data, "claims_sha256", zh, en)
        elif (
            data.renderer == renderer_of(content) and _hash(content, self.fonts) != data.pdf_sha256
        ):
            yield _finding(data, "pdf_sha256", "重排文件不同", "rendered again, it differs")
        if not path.exists():
            if must_be_kept:
                yield _finding(data, "path", f"文件缺失：{path}", f"{path} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != data.pdf_sha256:
            yield _finding(data, "path", f"文件被改动：{path}", f"{path} was changed")


def _hash(content: Statement, fonts: Fonts) -> str:
    """Return the SHA-256 of a statement's PDF, in hexadecimal."""
    return hashlib.sha256(render(content, fonts)).hexdigest()


def at_their_sizes(
    source: Connection | History, issued: Iterable[Issued]
) -> Iterator[tuple[Snapshot, Issued]]:
    """Yield each statement with the ledger at the sizes that it saw, in the order of these.

    One book grows under all snapshots: use each pair before asking for the next.
    """
    by_sizes: dict[tuple[tuple[str, int], ...], list[Issued]] = {}
    for one in issued:
        by_sizes.setdefault(_as_key(one.data.sizes), []).append(one)
    for snapshot in replay_snapshots(source, growing(map(dict, by_sizes))):
        for one in by_sizes[_as_key(snapshot.sizes)]:
            yield snapshot, one


def _as_key(sizes: Sizes) -> tuple[tuple[str, int], ...]:
    """Return sizes as what a dictionary can hold."""
    return tuple(sorted(sizes.items()))


def make_again(snapshot: Snapshot, issued: Issued) -> Statement:
    """Return an issued statement as the ledger gives it at the sizes that it saw, numbered."""
    data = issued.data
    made = FORMS[data.kind].make(snapshot, issued.about, data.period)
    content = msgspec.structs.replace(made, values_sha256=_digest_as(data, made, snapshot))
    said = _Number(data.statement, data.revision, data.supplements, data.public_url)
    return _number(content, snapshot, said)


class _Number(NamedTuple):
    """What a statement is numbered with; `first` is the statement that it supplements."""

    number: str
    revision: int
    first: str | None
    public_url: str | None


def _number(content: Statement, snapshot: Snapshot, said: _Number) -> Statement:
    """Return a statement as it is issued: numbered, with the tree heads it was made from."""
    heads = tuple(Head(head.origin, head.size, head.root.hex()) for head in snapshot.heads)
    return msgspec.structs.replace(
        content,
        number=said.number,
        revision=said.revision,
        heads=heads,
        supplements=said.first,
        verify_url=said.public_url and verify_url(said.public_url, said.number),
    )


def _says(issued: IssuedData, content: Statement, snapshot: Snapshot) -> bool:
    """Return whether an issued statement says what one that is made now would say.

    What it said of claims is read from the book as it saw it: earlier versions said nothing.
    """
    values_sha256 = _digest_as(issued, content, snapshot)
    if issued.values_sha256 != values_sha256 or content.kind != "subsidy":
        return issued.values_sha256 == values_sha256
    seen = acts_in(snapshot, content.subject, content.period, issued.sizes["book"])
    return digest_claims(seen) == content.claims_sha256


def _digest_as(issued: IssuedData, content: Statement, snapshot: Snapshot) -> str:
    """Return the digest of what a statement states as the version took it that issued another."""
    maker = issued.renderer.rpartition(" ")[2]
    return digest_words(snapshot, content) if maker in DIGESTED_WORDS else content.values_sha256


def path_in(home: Path, issued: Issued, form: Format = "pdf") -> Path:
    """Return where a home keeps the file of an issued statement."""
    return home / "statements" / issued.data.period / f"{issued.data.statement}.{form}"


def sealed_path_in(home: Path, issued: Issued) -> Path:
    """Return where a home keeps the sealed file of an issued statement."""
    return path_in(home, issued).with_suffix(".sealed.pdf")


def renderer_of(content: Statement) -> str:
    """Return the versions of words and layout: only equal ones give equal bytes."""
    return f"{RENDERER} {content.maker}"


def _rules_hash(book: Book, kind: Kind) -> str | None:
    """Return the hash over the rules that a kind of statement applies, None for none.

    Those are the rules that the book had adopted by then, whatever the program brings today.
    """
    return rules_of(book).hash if kind == "subsidy" else None


def find_changed_rules(book: Book) -> Iterator[Finding]:
    """Yield each version that a book has adopted and the program has otherwise or not at all."""
    for one in find_differences(rules_of(book), book.values):
        yield Finding("book", None, "programme", "rules", one.tell())


def list_issued(snapshot: Snapshot) -> list[Issued]:
    """Return every issued statement in the order of issue: by enterprise, then those for none."""
    codes = sorted(snapshot.book.accounts)
    return [one for code in [*codes, ""] for one in _issued_to(snapshot, code)]


def _issued_to(snapshot: Snapshot, code: str) -> list[Issued]:
    """Return the statements issued to an enterprise, or to none, in the order of issue."""
    book = snapshot.book
    found: Sequence[IssuedData] = book.account(code).statements if code else book.reports
    return [Issued(code, one, book.seals.get(one.statement)) for one in found]


def _finding(data: IssuedData, column: str, zh: str, en: str) -> Finding:
    """Return a finding about an issued statement."""
    what = Text(f"{data.statement}：{zh}", f"{data.statement}: {en}")
    return Finding("book", None, "statement", column, what)
