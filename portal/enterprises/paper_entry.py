"""A typed paper entered with the scan that shows it, and an enterprise registered, or neither."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

from ledger.documents import DocumentStore, Staged
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.text import Text
from portal.acting import Act, acting
from portal.commands.paper_commands import enter_papers, read_papers_of, require_own
from portal.enterprises.filing import What, file_documents
from portal.enterprises.paper_form import SCANS, Typed
from portal.shell import Shell
from vouchers.claims.papers_judged import Judged

Scans = Sequence[tuple[str, IO[bytes]]]
"""The scan, if there is one: the name that it had where it comes from, and what it says."""


class BadScanError(InvalidInputError):
    """The scan is nothing that may be filed."""


def enter_typed(shell: Shell, typed: Typed, scans: Scans = ()) -> Judged:
    """Return what became of a typed paper, entered with its scan, or neither is.

    Raises the first thing that is wrong in it, `BadScanError`, and what filing and `enter_papers`
    do.
    """
    _require_right(typed)
    store = DocumentStore(shell.settings.home)
    with _receiving(store, scans) as staged, acting(shell) as act:
        return _enter(act, store, staged, typed)


def register_enterprise(shell: Shell, typed: Typed, scans: Scans = ()) -> Judged:
    """Return what became of an enterprise's registration, by name and with its licence.

    The same again changes nothing. Raises `RuleViolationError` (`enterprise_known`) where the code
    is registered under another name or in another place, and as `enter_typed` does.
    """
    _require_right(typed)
    store = DocumentStore(shell.settings.home)
    with _receiving(store, scans) as staged, acting(shell) as act:
        _require_new(act, typed)
        return _enter(act, store, staged, typed)


def _require_right(typed: Typed) -> None:
    """Raise the first thing that is wrong in what was typed."""
    for wrong in typed.wrong.values():
        raise wrong


@contextmanager
def _receiving(store: DocumentStore, scans: Scans) -> Iterator[Sequence[Staged]]:
    """Yield the scan as it is staged, if there is one."""
    with ExitStack() as stack:
        try:
            staged = stack.enter_context(store.receiving(scans))
        except InvalidInputError as error:
            raise BadScanError(error.code, error.message, error.next_step, error.place) from error
        yield staged


def _enter(act: Act, store: DocumentStore, staged: Sequence[Staged], typed: Typed) -> Judged:
    """Return what became of a typed paper within an act."""
    sha256 = None
    if staged:
        what = What(SCANS[typed.what], typed.number)
        filed = file_documents(act, store, typed.enterprise, staged[:1], what)
        sha256 = filed[0].data.sha256
    _, judged = enter_papers(act, typed.file(sha256))
    return judged


def _require_new(act: Act, typed: Typed) -> None:
    """Raise where an enterprise is registered, and not as it is typed: to who may know it."""
    code = typed.enterprise
    require_own(act.roster, act.name, code, "task_force")
    book, _ = read_papers_of(act.connection, code, act.roster.index)
    known = book.account(code).registered
    if known is None:
        return
    typed_so = typed.part.get("name"), typed.part.get("registered_region")
    if (known.name, known.registered_region) != typed_so:
        raise RuleViolationError(
            "enterprise_known",
            Text(f"{code} 已登记为 {known.name}", f"{code} is registered as {known.name}"),
            Text(
                "请核对信用代码；名称或注册地有变更的，请在该企业的材料页办理",
                "check the code; where its name or place has changed, say so on the enterprise's"
                " own papers page",
            ),
        )
