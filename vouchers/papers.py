"""What a claim must bring: its documents, and the provider's confirmation.

Both are notes: they hold the claim, never the amount that a case is worth.
"""

from collections.abc import Sequence

from ledger.text import Text
from vouchers.application import Line
from vouchers.case import Paper
from vouchers.decision import Reason
from vouchers.programme import Document, Version


def note_papers(
    version: Version, filed: Sequence[Paper] | None, lines: Sequence[Line]
) -> list[Reason]:
    """Return a note for each paper that is not filed and each purchase that awaits confirmation.

    Papers that nobody has said anything about are all still to be filed.
    """
    notes: list[Reason] = []
    for cited in version.documents:
        for ref in _refs(cited.value, lines):
            if not any(_is(one, cited.value, ref) for one in filed or ()):
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
