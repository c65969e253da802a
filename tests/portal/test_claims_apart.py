"""An enterprise learns nothing of another one: not that it claims, nor how much others do."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, update

from ledger import tables
from ledger.database import open_engine
from tests.papers import make_pdf
from tests.portal.office import ONE, OTHER, PAPERS, TWO, Office, office
from tests.small_ledger import CODE, events, invoice_number

__all__ = ["office"]

PDF = make_pdf()
NONE = "SQ-AAAAAAAAAA"


def other_claims(office: Office) -> list[str]:
    """Return the claims that another enterprise has made meanwhile, one of them under way."""
    papers = [line for line in PAPERS.strip().splitlines() if "resource" not in line]
    text = "\n".join(papers)
    for number in ("1", "2"):
        text = text.replace(f"invoice       {number} ", f"invoice 70{number} ")
        text = text.replace(f"payment       {number} ", f"payment 70{number} ")
    office.ledger.append(*events(text, OTHER))
    office.set_account("stranger-1", of=OTHER)
    made = []
    for number in ("701", "702"):
        asked = {"enterprise": OTHER, "invoices": [invoice_number(number)]}
        made.append(office.submit("stranger-1", **asked)["id"])
    office.check("task-1", made[0])
    office.ask("authority-1", "claim", "act", made[0], "approve")
    filed = office.folder / "other.pdf"
    filed.write_bytes(make_pdf("other"))
    office.ask("stranger-1", "document", "add", OTHER, filed, "--kind", "contract")
    return made


def seen_by_the_firm(office: Office, claim: str) -> list[Any]:
    """Return every answer that an enterprise can get of its own affairs."""
    return [
        office.ask("firm-1", *words)
        for words in (
            ("claim", "show", claim),
            ("claim", "check", claim),
            ("claim", "list"),
            ("claim", "list", "--limit", 1),
            ("claim", "next"),
            ("voucher", "list"),
            ("document", "list", CODE),
            ("paper", "list", CODE),
        )
    ]


def keys_of(value: Any) -> set[str]:  # noqa: ANN401 - a JSON value
    """Return every key of a JSON value, however deep."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_what_others_do_changes_no_answer(office: Office, tmp_path: Path) -> None:
    scan = tmp_path / "own.pdf"
    scan.write_bytes(PDF)
    papers = [{"path": str(scan), "kind": "contract", "ref": "C-1"}]
    claim = office.submit(documents=papers)["id"]
    before = seen_by_the_firm(office, claim)
    assert all("error" not in one for one in before), before
    others = other_claims(office)
    after = seen_by_the_firm(office, claim)
    assert json.dumps(after, sort_keys=True) == json.dumps(before, sort_keys=True)
    assert not any(one in json.dumps(after) for one in (*others, OTHER))
    # No place in a log, no size: they would tell how much others did.
    assert not keys_of(after) & {"index", "size", "sizes", "log", "leaf", "actor"}


def test_another_ones_claim_is_as_no_claim(office: Office) -> None:
    theirs = other_claims(office)[0]
    mine = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    again = [office.file(f"{name}.json", {**mine, "claim": name}) for name in (theirs, NONE)]
    back = office.file("back.json", {"items": [{"item": "status", "reason": "x"}]})
    for words in (
        ("claim", "show", "?"),
        ("claim", "check", "?"),
        ("claim", "act", "?", "withdraw", "--reason", "x"),
        ("claim", "act", "?", "withdraw", "--reason", "x", "--seen", 1),
        ("claim", "act", "?", "return", "--file", back),
        ("claim", "act", "?", "approve"),
    ):
        told = [
            json.dumps(office.ask("firm-1", *(name if word == "?" else word for word in words)))
            for name in (theirs, NONE)
        ]
        assert told[0].replace(theirs, NONE) == told[1], words
        assert "unknown_claim" in told[1]
    told = [json.dumps(office.ask("firm-1", "claim", "submit", "--file", one)) for one in again]
    assert told[0].replace(theirs, NONE) == told[1]
    assert office.ask("firm-1", "claim", "list", "--enterprise", OTHER)["rows"] == []


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the statements that any database is sent meanwhile, each with its values."""
    sent: list[str] = []

    def note(*said: Any) -> None:  # noqa: ANN401 - what SQLAlchemy tells of a statement
        _, _, statement, values, _, _ = said
        sent.append(f"{statement} {values}")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def work(office: Office, *words: object, named: str = NONE) -> tuple[str, list[str]]:
    """Return what an enterprise is told, and what the database was asked for it.

    What it named, and what is made of that, the id of a new claim, stands in neither.
    """
    with statements() as sent:
        told = json.dumps(office.ask("firm-1", *words))
    hidden = [re.sub(rf"SQ-\w{{10}}|{named}", "…", one) for one in (told, *sent)]
    return hidden[0], hidden[1:]


def test_another_ones_claim_takes_the_work_of_no_claim(office: Office) -> None:
    theirs = other_claims(office)[0]
    own = office.submit()["id"]
    for words in (
        ("claim", "show", "?"),
        ("claim", "check", "?"),
        ("claim", "act", "?", "withdraw", "--reason", "x"),
        ("claim", "act", "?", "withdraw", "--reason", "x", "--seen", 1),
        ("claim", "submit", "--file", "?"),
    ):
        found = []
        for name in (theirs, NONE, own):
            asked = {"enterprise": CODE, "programme": "hubei", "invoices": [TWO], "claim": name}
            shown = office.file("again.json", asked) if words[1] == "submit" else name
            found.append(work(office, *(shown if word == "?" else word for word in words)))
        assert found[0] == found[1], words
        # It is the claim that costs more: one's own is read.
        assert len(found[2][1]) > len(found[1][1]), words


def test_a_file_that_was_guessed_tells_nothing(office: Office) -> None:
    other_claims(office)
    found = []
    for number in ("701", "799"):
        asked = {"enterprise": OTHER, "programme": "hubei", "invoices": [invoice_number(number)]}
        path = office.file("guess.json", asked)
        found.append(work(office, "claim", "submit", "--file", path, named=number))
    assert found[0] == found[1]
    assert "not_allowed" in found[0][0]


def test_a_row_that_was_changed_shows_nobody_a_claim(office: Office) -> None:
    theirs = other_claims(office)[0]
    url = office.ledger.write.url.render_as_string(hide_password=False)
    engine, table = open_engine(url, "own"), tables.claim_state
    with engine.begin() as connection:
        connection.execute(update(table).where(table.c.claim == theirs).values(enterprise=CODE))
    engine.dispose()
    assert [one["id"] for one in office.ask("firm-1", "claim", "list")["rows"]] == [theirs]
    assert office.ask("firm-1", "claim", "show", theirs)["error"]["code"] == "unknown_claim"


def test_another_ones_invoice_and_code_are_as_none(office: Office) -> None:
    other_claims(office)
    unknown, theirs = invoice_number("799"), invoice_number("701")
    found = []
    for number in (theirs, unknown):
        asked = {"enterprise": CODE, "programme": "hubei", "invoices": [number]}
        path = office.file("claim.json", asked)
        found.append(work(office, "claim", "submit", "--file", path, named=number))
    assert found[0] == found[1]
    assert "unknown_invoice" in found[0][0]
    nobody = "91420100MA49P8T68D"
    for words in (("document", "list", "?"), ("paper", "list", "?")):
        told = [
            json.dumps(office.ask("firm-1", *(one if word == "?" else word for word in words)))
            for one in (OTHER, nobody)
        ]
        assert told[0].replace(OTHER, nobody) == told[1], words
    told = [json.dumps(office.submit(enterprise=one, invoices=[TWO])) for one in (OTHER, nobody)]
    assert told[0].replace(OTHER, nobody) == told[1]
    assert "not_allowed" in told[1]
