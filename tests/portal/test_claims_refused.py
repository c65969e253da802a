"""Bad files and words for `suanquan claim`: refused whole, with what is wrong and a next step."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.read import read_heads
from portal import cli
from tests.papers import make_ofd, make_pdf
from tests.portal.office import ONE, OTHER, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]

BIG = 10 * 2**20


def size_of(office: Office) -> int:
    """Return how many entries the book has."""
    with office.ledger.reading() as connection:
        return read_heads(connection)["book"].size


def kept_files(office: Office) -> list[Path]:
    """Return the files that lie in the store of documents, drafts included."""
    return [one for one in office.folder.rglob("documents/**/*") if one.is_file()]


def refusals(office: Office, who: str, *words: object) -> list[dict[str, str]]:
    """Return what somebody is told in Chinese and in English, once nothing has changed by it."""
    size, files = size_of(office), kept_files(office)
    told = []
    for language in ("zh", "en"):
        answer = office.ask(who, *words, "--lang", language)
        assert set(answer) == {"error"}, answer
        assert answer["error"]["message"], answer
        assert answer["error"]["next"], answer
        told.append(answer["error"])
    assert told[0]["code"] == told[1]["code"] != "bug", told
    assert (size_of(office), kept_files(office)) == (size, files)
    return told


def test_a_file_that_says_something_else_is_refused(office: Office) -> None:
    good: dict[str, Any] = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    cases: list[tuple[str, Any, str]] = [
        ("invocies", {**good, "invocies": [ONE]}, "did you mean invoices?"),
        ("programme", {**good, "programme": "hubie"}, "did you mean hubei?"),
        ("twice", {**good, "invoices": [ONE, ONE]}, "once"),
        ("none", {**good, "invoices": []}, "invoices"),
        ("not ours", {**good, "invoices": ["9".rjust(20, "0")]}, "not on record"),
        ("digits", {**good, "invoices": ["12345"]}, "12345"),
        ("zero", {**good, "asked_fen": 0}, "above zero"),
        ("negative", {**good, "asked_fen": -1}, "-1"),
        ("float", {**good, "asked_fen": 1.5}, "1.5"),
        ("words", {**good, "asked_fen": "9000000"}, "9000000"),
        ("huge", {**good, "asked_fen": 10**30}, "asked_fen"),
        ("too high", {**good, "asked_fen": 9_000_001}, "90,000.01"),
        ("foreign", {**good, "enterprise": OTHER}, OTHER),
        ("swapped", {**good, "enterprise": "91420100MA4K2YX18X"}, "91420100MA4K2YX18X"),
        ("list", [good], "object"),
    ]
    for name, value, told in cases:
        path = office.file("bad.json", value)
        _, en = refusals(office, "firm-1", "claim", "submit", "--file", path)
        said = f"{en['message']} {en['next']}"
        assert told in said, (name, en)
    for raw in (b"", b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 100_000, b" " * BIG):
        path = office.folder / "raw.json"
        path.write_bytes(raw)
        refusals(office, "firm-1", "claim", "submit", "--file", path)
        refusals(office, "task-1", "claim", "act", "SQ-X", "check", "--file", path)
    for path in (office.folder, office.folder / "none.json"):
        zh, _ = refusals(office, "firm-1", "claim", "submit", "--file", path)
        assert zh["code"] == "file"


def test_a_paper_that_is_no_paper_is_refused_with_the_claim(office: Office) -> None:
    good = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    bomb = make_ofd(("a.xml", bytes(200_000_000)))
    papers = {"a.png": make_pdf(), "b.pdf": make_pdf()[:-20], "c.pdf": b"", "d.ofd": bomb}
    for name, data in papers.items():
        (office.folder / name).write_bytes(data)
    (office.folder / "good.pdf").write_bytes(make_pdf())
    (office.folder / "link.pdf").symlink_to(office.folder / "good.pdf")
    for name in (*papers, "link.pdf", "none.pdf", "."):
        two = [{"path": one, "kind": "contract"} for one in ("good.pdf", name)]
        path = office.file("papers.json", {**good, "documents": two})
        refusals(office, "firm-1", "claim", "submit", "--file", path)
    kind = {**good, "documents": [{"path": "good.pdf", "kind": "contrcat"}]}
    path = office.file("papers.json", kind)
    _, en = refusals(office, "firm-1", "claim", "submit", "--file", path)
    assert "did you mean contract?" in en["next"]


def test_two_papers_of_one_claim_are_filed_once_each(office: Office) -> None:
    for name in ("a", "b"):
        (office.folder / f"{name}.pdf").write_bytes(make_pdf(name))
    papers = [{"path": f"{one}.pdf", "kind": "contract"} for one in ("a", "b", "a")]
    claim = office.submit(documents=papers)
    assert len(claim["documents"]) == 2
    assert len(office.ask("firm-1", "document", "list", CODE)["rows"]) == 2


def test_an_act_that_asks_for_the_impossible_is_refused(office: Office) -> None:
    claim = office.submit()["id"]
    items = office.file("items.json", {"items": [{"item": "payer", "verdict": "met"}]})
    cut = office.file("cut.json", {"cuts": [{"invoice": ONE, "base_cut_fen": -5, "reason": "x"}]})
    for words in (
        ("check", "--file", items),
        ("check",),
        ("cut", "--file", cut),
        ("return", "--file", office.file("key.json", {"itmes": []})),
        ("approve",),
        ("withdraw", "--reason", "x", "--seen", 10**12),
        ("withdraw", "--reason", "x", "--on", "2022-12-01"),
        ("withdraw", "--reason", "x", "--on", "2022-02-30"),
        ("withdraw", "--reason", "x", "--on", "1890-01-01"),
    ):
        refusals(office, "task-1", "claim", "act", claim, *words)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("claim", "show", "SQ-NONE"), 3),
        (("claim", "show", "../../etc/passwd\n"), 3),
        (("claim", "list", "--after", "x"), 2),
        (("claim", "list", "--limit", "0"), 2),
        (("claim", "act", "SQ-NONE", "clam"), 2),
    ],
)
def test_the_exit_status_says_whose_fault_it_is(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
) -> None:
    monkeypatch.setenv("SUANQUAN_TOKEN", office.tokens["firm-1"])
    assert cli.run([*words, "--json"]) == status
    assert json.loads(capfd.readouterr().err.splitlines()[-1])["error"]["next"]
