"""An enterprise answers its settlement statement: it agrees, disputes lines, or says nothing."""

from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode
from ledger.events import AnswerData, DisputeSettled, StatementConfirmed
from portal.commands import statement_commands
from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import approve
from tests.reports.seals import Authority, key_pem, pem, write
from tests.small_ledger import CODE, SALT, events

__all__ = ["office"]

NUMBER = f"SQ-C-2022-07-{CODE}-1"
LINE = {"contract": "C-1", "resource": "a100"}


@pytest.fixture(autouse=True)
def settled(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue July's statement on the first day of November."""
    monkeypatch.setattr(statement_commands, "now_ms", office.at_ms)
    made = office.ask("", "statement", "make", "--month", "2022-07")["rows"]
    assert [one["id"] for one in made] == [NUMBER]


def dispute(office: Office, who: str = "firm-1", *more: object, **line: str) -> Any:  # noqa: ANN401 - one JSON object
    """Dispute a line of July's statement."""
    said = {"lines": [{**LINE, "reason": "7 月 12 日停机仍计费", **line}]}
    file = office.file("dispute.json", said)
    return office.ask(who, "statement", "dispute", NUMBER, "--file", file, *more)


def settle(office: Office, who: str = "task-1", **said: str) -> Any:  # noqa: ANN401 - one JSON object
    """Settle the dispute about the line."""
    decided = {**LINE, "outcome": "dismissed", "reason": "日志显示当日在用", **said}
    return office.ask(
        who, "statement", "settle", NUMBER, "--file", office.file("settle.json", decided)
    )


def listed(office: Office) -> dict[str, Any]:
    """Return July's statement as it is listed."""
    found: dict[str, Any] = office.ask("", "statement", "list")["rows"][0]
    return found


def book_size(office: Office) -> int:
    """Return how many entries the book has."""
    logs = office.ask("", "log", "list")["logs"]
    return next(int(one["size"]) for one in logs if one["name"] == "book")


def test_silence_is_shown_as_silence_and_not_as_agreement(office: Office) -> None:
    assert (listed(office)["answer"], listed(office)["answer_due"]) == ("awaiting", "2022-11-15")
    office.today = "2022-11-15"
    assert listed(office)["answer"] == "awaiting"
    office.today = "2022-11-16"
    assert (listed(office)["answer"], listed(office)["answer_name"]) == ("silent", "逾期未答复")
    # It is never too late to answer.
    assert office.ask("firm-1", "statement", "confirm", NUMBER)["answer"] == "confirmed"


def test_an_enterprise_confirms_the_very_file(office: Office, tmp_path: Path) -> None:
    issued = Path(listed(office)["path"])
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(issued.read_bytes() + b"\n")
    refused = office.ask("firm-1", "statement", "confirm", NUMBER, "--file", changed)
    assert refused["error"]["code"] == "answered"
    confirmed = office.ask("firm-1", "statement", "confirm", NUMBER, "--file", issued)
    assert confirmed["answer"] == "confirmed"
    size = book_size(office)
    assert office.ask("firm-1", "statement", "confirm", NUMBER)["answer"] == "confirmed"
    assert book_size(office) == size
    assert dispute(office)["error"]["code"] == "answered"


def test_the_sealed_file_confirms_as_the_issued_one_does(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Authority.made().identity()
    files = write(tmp_path / "seal", key_pem(identity.key), pem(identity.certificate))
    for name, path in zip(("KEY", "CERTIFICATE"), files, strict=True):
        monkeypatch.setenv(f"SUANQUAN_SEAL_{name}", str(path))
    sealed = Path(office.ask("", "statement", "seal", NUMBER)["rows"][0]["path"])
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(sealed.read_bytes() + b"\n")
    refused = office.ask("firm-1", "statement", "confirm", NUMBER, "--file", changed)
    assert refused["error"]["code"] == "answered"
    confirmed = office.ask("firm-1", "statement", "confirm", NUMBER, "--file", sealed)
    assert confirmed["answer"] == "confirmed"


def test_a_disputed_line_cannot_be_claimed_until_it_is_settled(office: Office) -> None:
    assert dispute(office)["answer"] == "disputed"
    refused = office.submit()["error"]
    assert refused["code"] == "disputed"
    assert NUMBER in refused["message"]
    # August's invoice is for another statement.
    assert "error" not in office.submit(invoices=[TWO])
    assert office.ask("firm-1", "statement", "confirm", NUMBER)["error"]["code"] == "answered"
    assert settle(office)["answer"] == "settled"
    assert "error" not in office.submit(invoices=[ONE])
    assert office.ask("firm-1", "statement", "confirm", NUMBER)["answer"] == "confirmed"


def test_a_dispute_stops_a_claim_that_was_handed_in_before(office: Office) -> None:
    claim = office.submit()["id"]
    dispute(office)
    rows = {one["item"]: one for one in office.ask("task-1", "claim", "check", claim)["items"]}
    found = [one for one in rows.values() if "有异议" in str(one)]
    assert [one["computed"] for one in found] == ["not_met"], rows
    office.check("task-1", claim)
    assert "有异议" in office.act("authority-1", claim, "approve")["error"]["message"]
    settle(office)
    assert office.act("authority-1", claim, "approve")["state"] == "approved"


def test_a_dispute_stops_a_payment(office: Office) -> None:
    (claim,) = approve(office, ONE)
    dispute(office)
    drawn = office.ask("authority-1", "notice", "draw", "hubei", "--basis", "x")
    assert drawn["error"]["code"] == "nothing_to_notice", drawn
    assert claim in str(drawn)


@pytest.mark.parametrize("who", ["stranger-1", "authority-1", "auditor-1"])
def test_nobody_else_learns_of_a_statement_by_answering_it(office: Office, who: str) -> None:
    unknown = office.ask(who, "statement", "confirm", f"SQ-C-2022-06-{CODE}-1")["error"]
    foreign = office.ask(who, "statement", "confirm", NUMBER)["error"]
    assert foreign["code"] == unknown["code"] == "unknown_statement"
    assert foreign["message"] == unknown["message"].replace("2022-06", "2022-07")


def test_the_task_force_enters_a_paper_and_another_one_settles_it(office: Office) -> None:
    assert dispute(office, "task-2")["error"]["code"] == "not_allowed"
    assert dispute(office, "task-2", "--document", "来函 3 号")["answer"] == "disputed"
    assert settle(office, "task-2")["error"]["code"] == "answered"
    assert settle(office, "firm-1")["error"]["code"] == "not_allowed"
    done = settle(office, outcome="upheld", reason="停机属实")
    assert (done["answer"], done["disputed"][0]["outcome"]) == ("settled", "upheld")
    assert settle(office, outcome="upheld", reason="停机属实")["answer"] == "settled"
    assert settle(office, outcome="dismissed")["error"]["code"] == "answered"


def test_a_line_that_is_not_there_is_named_with_those_that_are(office: Office) -> None:
    refused = dispute(office, resource="b200")["error"]
    assert (refused["code"], "C-1 a100" in refused["next"]) == ("unknown_line", True)


def test_a_supplementary_statement_is_answered_anew(office: Office) -> None:
    office.ask("firm-1", "statement", "confirm", NUMBER)
    office.ledger.append(*events("usage a100 1 2022-07-30T00:00 2022-07-30T10:00"))
    made = office.ask("", "statement", "make", "--month", "2022-07")["rows"][0]
    assert (made["revision"], made["answer"]) == (2, "awaiting")
    assert dispute(office)["error"]["code"] == "answered"


def test_an_audit_finds_an_answer_that_nobody_may_have_given(office: Office) -> None:
    said = {"statement": NUMBER, "acted_at": "2022-11-01T02:00:00Z"}
    forged = [
        StatementConfirmed(**said, actor="stranger-1", pdf_sha256="0" * 64),
        DisputeSettled(**said, actor="firm-1", **LINE, outcome="dismissed", reason="x"),
    ]
    office.ledger.append(
        *(encode("urn:test", f"forged-{at}", CODE, one, SALT) for at, one in enumerate(forged))
    )
    found = office.ask("", "log", "check", "--full", "--lang", "en")["findings"]
    # Each is judged twice: by whom it was given, and by what it says.
    assert len(found) == 2 * len(forged), found
    assert sum("acts for" in one["what"] or "may not answer" in one["what"] for one in found) == 2


@pytest.mark.parametrize("wrong", ["file", "statement", "line"])
def test_an_audit_finds_an_answer_that_says_what_cannot_be(office: Office, wrong: str) -> None:
    said = {"statement": NUMBER, "acted_at": "2022-11-01T02:00:00Z", "actor": "firm-1"}
    if wrong == "statement":
        said["statement"] = f"SQ-C-2022-06-{CODE}-1"
    data: AnswerData = StatementConfirmed(**said, pdf_sha256="0" * 64)
    if wrong == "line":
        data = DisputeSettled(**said | {"actor": "task-1"}, **LINE, outcome="dismissed", reason="x")
    office.ledger.append(encode("urn:test", "forged", CODE, data, SALT))
    (found,) = office.ask("", "log", "check", "--full")["findings"]
    assert found["index"] > 0
