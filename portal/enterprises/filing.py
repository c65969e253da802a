"""File documents for an enterprise within an act, and who may see them; a claim's papers too."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.database import Connection, make_url
from ledger.documents import DAY_S, DocumentStore, Filing, Staged, Unnamed, read_filings
from ledger.erasable import lock_book
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import DocumentFiled, Role
from ledger.finding import Finding
from ledger.history import History
from ledger.period import parse_instant
from ledger.roster import Roster
from ledger.text import Text
from ledger.topics import enterprise_topic
from ledger.trail import read_trail
from portal.acting import Act, not_allowed
from portal.shell import Shell
from vouchers.catalogue import find_programmes
from vouchers.spelling import find_nearest

# What programmes ask for; one of them may ask for more, and brings the name.
KINDS: Final[dict[str, Text]] = {
    "application_form": Text("申请表", "application form"),
    "bank_slip": Text("银行回单", "bank slip"),
    "booking_slip": Text("预约单", "booking slip"),
    "contract": Text("服务合同", "service contract"),
    "invoice": Text("发票", "invoice"),
    "licence": Text("营业执照", "business licence"),
    "payment": Text("付款凭证", "proof of payment"),
    "qualification": Text("资格证明", "proof of a qualification"),
    "resolution": Text("立项决议书", "project resolution"),
    "result_report": Text("服务成果报告", "report on the result"),
    "subsidiary_ledger": Text("研发辅助账", "R&D subsidiary ledger"),
    "other": Text("其他材料", "another paper"),
}

VIEWERS: Final[tuple[Role, ...]] = ("task_force", "authority", "finance", "auditor")
"""Who sees every enterprise's documents; an enterprise sees its own."""

# A year's papers of the largest enterprise, scanned, fit into a day; a disk is not filled in one.
ENTERPRISE_DAY_BYTES_MAX: Final = 1_000_000_000


class What(NamedTuple):
    """What documents are, and the contract, invoice, project or claim that they belong to."""

    kind: str
    ref: str | None = None


class Filed(NamedTuple):
    """A document as it stands in the book now, and whether this act entered it."""

    name: str
    data: DocumentFiled
    is_new: bool


def require_kind(kind: str) -> None:
    """Raise `InvalidInputError` (`unknown_kind`) unless a programme or the house knows a kind."""
    if kind in KINDS:
        return
    known = {**KINDS, **dict(_asked_for())}
    if kind not in known:
        nearest = find_nearest(kind, known)
        raise InvalidInputError(
            "unknown_kind",
            Text(f"没有文件种类 {kind[:40]!r}", f"there is no kind of document {kind[:40]!r}"),
            Text(
                f"是否为 {nearest}？可用：{', '.join(known)}"
                if nearest
                else f"可用：{', '.join(known)}",
                f"did you mean {nearest}? there are: {', '.join(known)}"
                if nearest
                else f"there are: {', '.join(known)}",
            ),
        )


def name_kind(kind: str) -> Text:
    """Return what a kind of document is called."""
    known = KINDS.get(kind) or dict(_asked_for()).get(kind)
    return known or Text(kind, kind)


def _asked_for() -> Iterator[tuple[str, Text]]:
    """Yield each kind of document that a programme asks for, with its name."""
    for programme in find_programmes():
        for version in programme.versions:
            for cited in version.documents:
                yield cited.value.kind, cited.value.name


def file_documents(
    act: Act, store: DocumentStore, enterprise: str, staged: Sequence[Staged], what: What
) -> list[Filed]:
    """Return staged documents as they are filed for an enterprise, each in the store and the book.

    What was filed for it before as the same thing stays as it is, and a file that the store had
    lost is there again. Raises `RuleViolationError` (`not_allowed`, `too_much_a_day`), the errors
    of `require_kind` and `DocumentStore.place`.
    """
    require_code(enterprise, read_accepted(act.connection))
    require_kind(what.kind)
    own = _filed_for(act, enterprise)
    known = {(data.sha256, data.kind, data.ref): data for data in own}
    filed = list[Filed]()
    for one in staged:
        data = _filing_of(act, one, what)
        # Before it is looked up: nobody learns whether somebody else's paper is there.
        objection = act.roster.objection(data, enterprise)
        if objection is not None:
            raise not_allowed(objection)
        before = known.setdefault((data.sha256, data.kind, data.ref), data)
        filed.append(Filed(one.name, before, before is data))
    _require_room(act, enterprise, own, filed)
    for one, (_, data, is_new) in zip(staged, filed, strict=True):
        store.place(one)
        if is_new:
            act.record(data, enterprise)
    return filed


def _filed_for(act: Act, enterprise: str) -> list[DocumentFiled]:
    """Return what was filed for an enterprise, within this act too."""
    before = read_filings_of(act.connection, enterprise, act.roster.index)
    now = [event.data for event in act.events if event.subject == enterprise]
    return [
        *(one.data for one in before),
        *(data for data in now if isinstance(data, DocumentFiled)),
    ]


def read_filings_of(connection: Connection, enterprise: str, size: int) -> list[Filing]:
    """Return the documents that were filed for an enterprise, in the order of filing."""
    return [
        Filing(index, event.subject, event.data)
        for index, event in read_trail(connection, [enterprise_topic(enterprise)], size)
        if isinstance(event.data, DocumentFiled)
    ]


def _filing_of(act: Act, staged: Staged, what: What) -> DocumentFiled:
    """Return the event that files a staged document by whoever acts."""
    return DocumentFiled(
        at=act.at,
        sha256=staged.sha256,
        media_type=staged.media_type,
        size_bytes=staged.size_bytes,
        kind=what.kind,
        recorded_by=act.name,
        ref=what.ref,
    )


def _require_room(
    act: Act, enterprise: str, own: Sequence[DocumentFiled], filed: Sequence[Filed]
) -> None:
    """Raise where an enterprise would have filed more within a day than one may."""
    since_ms = act.at_ms - DAY_S * 1000
    lately = [data for data in own if parse_instant(data.at) > since_ms]
    new = [one.data for one in filed if one.is_new]
    total = sum(data.size_bytes for data in (*lately, *new))
    if new and total > ENTERPRISE_DAY_BYTES_MAX:
        raise RuleViolationError(
            "too_much_a_day",
            Text(
                f"{enterprise} 24 小时内的文件共 {total:,} 字节，"
                f"超过 {ENTERPRISE_DAY_BYTES_MAX:,} 字节",
                f"the documents of {enterprise} within 24 hours have {total:,} bytes,"
                f" over {ENTERPRISE_DAY_BYTES_MAX:,}",
            ),
            Text("请明日再提交其余文件", "file the others tomorrow"),
        )


def may_see(roster: Roster, person: str, enterprise: str) -> bool:
    """Return whether somebody may see an enterprise's documents, now."""
    return roster.acts_for(person, enterprise) or roster.has(person, *VIEWERS)


def find_seen(connection: Connection, roster: Roster, person: str, sha256: str) -> Filing:
    """Return the first filing of a document that somebody may see.

    Raises `InvalidInputError` (`unknown_document`), with the same words where there is none at all:
    nobody learns from it what others filed.
    """
    for one in read_filings(connection, roster.index):
        if one.data.sha256 == sha256 and may_see(roster, person, one.enterprise):
            return one
    raise _unknown_document(sha256)


def _unknown_document(sha256: str) -> InvalidInputError:
    """Return the refusal of a document that is not there, or not for whoever asks."""
    return InvalidInputError(
        "unknown_document",
        Text(f"没有文件 {sha256[:80]!r}", f"there is no document {sha256[:80]!r}"),
        Text(
            "请核对 SHA-256；本企业的文件见 suanquan document list 信用代码",
            "check the SHA-256; see suanquan document list CODE for an enterprise's documents",
        ),
    )


def find_filed(act: Act, enterprise: str, digests: Sequence[str]) -> list[DocumentFiled]:
    """Return what was filed for an enterprise under some digests, in their order.

    Raises `InvalidInputError` (`unknown_document`) for what was not, or is not the actor's to see.
    """
    own: dict[str, DocumentFiled] = {}
    if may_see(act.roster, act.name, enterprise):
        filings = read_filings_of(act.connection, enterprise, act.roster.index)
        own = {one.data.sha256: one.data for one in filings}
    for sha256 in digests:
        if sha256 not in own:
            raise _unknown_document(sha256)
    return [own[sha256] for sha256 in dict.fromkeys(digests)]


def find_filing(
    connection: Connection, roster: Roster, person: str, enterprise: str, sha256: str
) -> Filing:
    """Return the last filing of a document of an enterprise, if somebody may see it.

    Raises as `find_seen` does.
    """
    if may_see(roster, person, enterprise):
        for one in reversed(read_filings_of(connection, enterprise, roster.index)):
            if one.data.sha256 == sha256:
                return one
    raise _unknown_document(sha256)


def check_documents(
    shell: Shell, source: Connection | History, size: int, *, must_be_kept: bool = True
) -> tuple[int, list[Finding]]:
    """Return how many documents the book's first entries name, and what is wrong with them here.

    Raises `TamperedLogError` for a book that cannot be read.
    """
    filings = read_filings(source, size)
    store = DocumentStore(shell.settings.home)
    with shell.progress(Text("核对文件", "checking documents")):
        findings = list(store.check(filings, must_be_kept=must_be_kept))
    return len({one.data.sha256 for one in filings}), findings


def check_kept(shell: Shell, source: Connection | History, size: int) -> tuple[int, list[Finding]]:
    """Return the same where the ledger's documents lie, which is where its SQLite file does.

    Whoever reaches PostgreSQL from elsewhere, as an auditor may, has none of them; he is warned.
    """
    is_sqlite = make_url(shell.settings.database_url).get_backend_name() == "sqlite"
    is_home = is_sqlite or DocumentStore(shell.settings.home).folder.is_dir()
    documents, findings = check_documents(shell, source, size, must_be_kept=is_home)
    if documents and not is_home:
        shell.warn(
            Text(
                f"{shell.settings.home} 下没有文件目录，{documents} 份文件未核对；"
                "请在存放文件的机器上运行 suanquan document check",
                f"{shell.settings.home} holds no documents, so {documents} were not checked;"
                " run suanquan document check on the machine that keeps them",
            )
        )
    return documents, findings


def find_strays(shell: Shell, at_ms: int, *, remove: bool) -> list[Unnamed]:
    """Return the files older than a day that no event names, removed where `remove` says so.

    The book stands still meanwhile: a document that is just being filed has its event by then, or
    is put in its place afterwards.
    """
    store = DocumentStore(shell.settings.home)
    engine = shell.writer()
    try:
        with engine.begin() as connection:
            filings = read_filings(connection, lock_book(connection))
            named = {one.data.sha256 for one in filings}
            found = store.find_unnamed(named, at_ms // 1000 - DAY_S)
            for one in found:
                if remove:
                    one.path.unlink(missing_ok=True)
            return found
    finally:
        engine.dispose()
