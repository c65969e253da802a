"""What a claim must bring: its documents, and the provider's confirmation.

Both are notes: they hold the claim, never the amount that a case is worth.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.text import Text
from vouchers.application import Line
from vouchers.case import Paper
from vouchers.cited import Cited
from vouchers.decision import Reason
from vouchers.programme import Document, Version


class Needed(NamedTuple):
    """A paper that a claim must bring, and the contract or project that it is of, if any."""

    document: Cited[Document]
    ref: str | None


def list_needed(version: Version, lines: Sequence[Line]) -> list[Needed]:
    """Return the papers that a version asks for on some purchases, in its order."""
    return [Needed(cited, ref) for cited in version.documents for ref in _refs(cited.value, lines)]


def is_filed(needed: Needed, filed: Iterable[Paper]) -> bool:
    """Return whether a paper is among those that were filed."""
    return any(_is(one, needed.document.value, needed.ref) for one in filed)


def note_papers(
    version: Version, filed: Sequence[Paper] | None, lines: Sequence[Line]
) -> list[Reason]:
    """Return a note for each paper that is not filed and each purchase that awaits confirmation.

    Papers that nobody has said anything about are all still to be filed.
    """
    notes: list[Reason] = []
    for needed in list_needed(version, lines):
        if not is_filed(needed, filed or ()):
            cited, ref = needed
            name, of = cited.value.name, f" {ref}" if ref else ""
            message = Text(f"尚缺材料：{name.zh}{of}", f"paper to be filed: {name.en}{of}")
            notes.append(Reason("document_missing", message, cited.clause))
    cited_confirmation = version.provider_confirms
    if cited_confirmation is None or not cited_confirmation.value:
        return notes
    for line in lines:
        if line.purchase.confirmed is not True:
            name = line.name()
            message = Text(
                f"{name.zh}待服务机构线上确认", f"{name.en} awaits the provider's confirmation"
            )
            notes.append(Reason("provider_unconfirmed", message, cited_confirmation.clause))
    return notes


def _refs(document: Document, lines: Sequence[Line]) -> list[str | None]:
    """Return what a paper is asked for once each: the claim, each contract, each project."""
    if document.each == "claim":
        return [None]
    given = (
        one.purchase.contract if document.each == "contract" else one.purchase.project
        for one in lines
    )
    return list(dict.fromkeys(given))


def _is(paper: Paper, document: Document, ref: str | None) -> bool:
    return paper.kind == document.kind and (ref is None or paper.ref == ref)
