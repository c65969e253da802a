"""Items of the check list on what a claim brings: its documents, the provider's confirmation."""

from collections.abc import Iterator

from ledger.text import Text
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no, open_
from vouchers.decision import Finding, refused
from vouchers.papers import note_papers
from vouchers.programme import Version


def check_documents(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether each document of the version's list is on file."""
    if not version.documents:
        found = Text("本版本未列明申请材料", "the version lists no documents")
        return conclude(kind, [], found, version.document)
    findings = list(_missing_documents(evidence, version))
    names = join(one.value.name for one in version.documents)
    found = Text(f"已归档：{names.zh}", f"on file: {names.en}")
    clauses = join(dict.fromkeys(one.clause for one in version.documents))
    return conclude(kind, findings, found, clauses)


def check_confirmation(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the provider confirmed each purchase, where the rule asks for it."""
    cited = version.provider_confirms
    if cited is None or not cited.value:
        found = Text("本版本不要求服务机构确认", "the version asks for no confirmation")
        return conclude(kind, [], found, version.document)
    findings = []
    for line in evidence.counting:
        name, confirmed = line.name(), line.purchase.confirmed
        if confirmed is None:
            zh, en = f"{name.zh}待服务机构确认", f"{name.en} awaits the provider's confirmation"
            findings.append(open_(zh, en, cited.clause))
        elif not confirmed:
            zh, en = f"服务机构否认{name.zh}", f"the provider denies {name.en}"
            findings.append(no("provider_denies", zh, en, cited.clause))
    found = Text("服务机构已逐项确认", "the provider has confirmed each purchase")
    return conclude(kind, findings, found, cited.clause)


def _missing_documents(evidence: Evidence, version: Version) -> Iterator[Finding]:
    """Yield each document of the list that is not on file, or that nobody has looked for."""
    filed = None if evidence.filed is None else list(evidence.filed)
    if filed is None:
        clause = version.documents[0].clause
        yield open_("尚未核对归档材料", "nobody has looked at the documents on file", clause)
        return
    for one in note_papers(version, filed, evidence.counting):
        if one.code == "document_missing":
            yield refused(one)
    for line in evidence.counting:
        for cited in version.documents:
            each = cited.value.each
            if each != "claim" and getattr(line.purchase, each) is None:
                name = line.name()
                zh = f"{name.zh}的合同或研发项目不明，无法核对{cited.value.name.zh}"
                en = f"contract or project of {name.en} is not known: {cited.value.name.en}"
                yield open_(zh, en, cited.clause)
