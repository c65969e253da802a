"""The lines of an enterprise's own statement and the jobs behind them, by the interface."""

from decimal import Decimal
from typing import Any, Final

import pytest

from tests.portal.callers import Caller, calling
from tests.portal.office import OTHER, Office, office
from tests.small_ledger import CODE, events

__all__ = ["office"]

JULY: Final = """
    usage a100 8 2022-07-03T00:00 2022-07-04T00:00 C-1
    usage a100 2 2022-06-30T12:00 2022-07-01T12:00
    usage ssd  3 2022-07-05T00:00 2022-07-06T00:00
"""
STATEMENT: Final = f"SQ-C-2022-07-{CODE}-1"
HERE: Final = f"/enterprises/{CODE}/statements/{STATEMENT}"


def list_jobs(caller: Caller, line: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Return the jobs of a line over all of its pages."""
    asked = {"contract": line["contract"], "resource": line["resource"], "limit": limit}
    found, answered = list[dict[str, Any]](), caller.get(f"{HERE}/jobs", **asked)
    while answered["next"]:
        assert len(answered["rows"]) == limit
        found += answered["rows"]
        answered = caller.get(f"{HERE}/jobs", **asked, after=answered["next"])
    return [*found, *answered["rows"]]


def test_each_line_is_the_sum_of_its_jobs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.ledger.append(*events(JULY))
    assert "error" not in office.ask("task-2", "statement", "make", "--month", "2022-07")
    office.open("firm-9", "enterprise", OTHER, by=["admin-1"])
    with calling(office, monkeypatch) as client:
        firm = Caller(client, office.tokens["firm-1"])
        lines = firm.get(f"{HERE}/lines")["rows"]
        assert [one["resource"] for one in lines] == ["a100", "ssd"]
        (issued,) = firm.get(f"/enterprises/{CODE}/statements")["rows"]
        assert sum(one["amount_fen"] or 0 for one in lines) == issued["total_fen"]
        for line in lines:
            for limit in (1, 2, 200):
                jobs = list_jobs(firm, line, limit)
                assert len(jobs) == line["entries"]
                assert sum(Decimal(one["quantity"]) for one in jobs) == Decimal(line["quantity"])
        asked = {"contract": lines[0]["contract"], "resource": lines[0]["resource"]}
        assert firm.get(f"{HERE}/jobs", **asked, after="book")["code"] == "bad_after"
        assert firm.get(f"{HERE}/jobs", contract="X", resource="a100")["code"] == "unknown_line"
        for who in ("firm-9", "task-1", "auditor-1"):
            other = Caller(client, office.tokens[who])
            for path, query in ((f"{HERE}/lines", {}), (f"{HERE}/jobs", asked)):
                assert other.status(path, **query) in (403, 404), (who, path)
        stranger = Caller(client, office.tokens["firm-9"])
        theirs = f"/enterprises/{OTHER}/statements/{STATEMENT}/lines"
        assert stranger.get(theirs)["code"] == "no_statement"
