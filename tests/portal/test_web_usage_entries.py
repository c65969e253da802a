"""From a line of a statement to the entries that it sums, and from an entry to its statements."""

import re
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

import pytest

from portal.web.routes import usage_entries
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import OTHER
from tests.small_ledger import CODE, events

__all__ = ["lobby", "office"]

JULY: Final = """
    usage a100 8 2022-07-03T00:00 2022-07-04T00:00 C-1
    usage a100 2 2022-06-30T12:00 2022-07-01T12:00
    usage a100 4 2022-07-31T12:00 2022-08-02T00:00 C-1
    usage ssd  3 2022-07-05T00:00 2022-07-06T00:00
"""
TWO_CONTRACTS: Final = "contract C-2 2022-07-10 2022-07-15 0.06 a100=9/card_hour"
"""While two are in force, usage that names neither has no price: its slice leaves a line twice."""


def settle(lobby: Lobby, number: int = 1) -> str:
    """Return the number of July's statement, issued now."""
    answer = lobby.office.ask("task-2", "statement", "make", "--month", "2022-07")
    assert "error" not in answer, answer
    return f"SQ-C-2022-07-{CODE}-{number}"


def sum_of(text: str) -> Decimal:
    """Return what a line's page says that it sums."""
    found = re.search(r'<strong class="figure">([\d,.]+)</strong> 单位·秒', text)
    assert found, text
    return Decimal(found[1].replace(",", ""))


def walk(lobby: Lobby, who: str, path: str) -> tuple[list[str], list[Decimal], str]:
    """Return which jobs a line lists over all of its pages and what each adds, and the first."""
    jobs, added, first, following = list[str](), list[Decimal](), "", path
    for _ in range(50):
        text = lobby.see(who, following)
        first = first or text
        for row in text.partition("计入本行")[2].split("<tr>")[1:]:
            cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
            jobs.append(cells[-6])
            added.append(Decimal(cells[-2].replace(",", "")))
        onward = re.search(r'rel="next" href="([^"]+)"', text)
        if onward is None:
            return jobs, added, first
        following = onward[1].replace("&amp;", "&")
    raise AssertionError(path)


def lines_of(lobby: Lobby, who: str, path: str) -> list[str]:
    """Return the addresses of a statement's lines."""
    found = re.findall(r'href="([^"]*/usage\?contract=[^"]*)"', lobby.see(who, path))
    return [one.replace("&amp;", "&") for one in found]


def traced(lobby: Lobby, number: str) -> dict[str, Decimal]:
    """Return what the command line's trace finds of each resource."""
    answer: Any = lobby.office.ask("auditor-1", "statement", "trace", number)
    return {one["resource"]: Decimal(one["quantity"]) for one in answer["total"]}


def test_each_line_is_the_sum_of_its_entries(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_entries, "ROWS_MAX", 2)
    lobby.office.ledger.append(*events(f"{JULY}\n{TWO_CONTRACTS}"))
    number = settle(lobby)
    text = lobby.see("auditor-1", f"/audit/statements/{number}")
    assert "各行费用之和与签发金额不同" not in text
    paths = lines_of(lobby, "auditor-1", f"/audit/statements/{number}")
    assert [one.partition("?")[2] for one in paths] == [
        *("contract=C-1&resource=a100", "contract=&resource=a100", "contract=&resource=ssd"),
    ]
    total: dict[str, Decimal] = {}
    for path in paths:
        _, added, first = walk(lobby, "auditor-1", path)
        assert sum(added) == sum_of(first) > 0
        assert f"<dd>{len(added)} 条</dd>" in first
        resource = path.rpartition("=")[2]
        total[resource] = total.get(resource, Decimal()) + sum(added)
        indexes = re.findall(r'href="/audit/log/usage/(\d+)"', first)
        assert f"/audit/statements/{number}" in lobby.see(
            "auditor-1", f"/audit/log/usage/{indexes[0]}"
        )
    assert total == traced(lobby, number)


@on_sqlite
def test_a_slice_that_leaves_a_line_and_comes_back_is_one_entry(lobby: Lobby) -> None:
    lobby.office.ledger.append(*events(TWO_CONTRACTS))
    number = settle(lobby)
    own = f"/audit/statements/{number}/usage?contract={{}}&resource=a100"
    _, with_price, first = walk(lobby, "auditor-1", own.format("C-1"))
    _, without, _ = walk(lobby, "auditor-1", own.format(""))
    day = Decimal(50 * 86_400)
    assert (with_price, without) == ([14 * day], [6 * day])
    assert "<dd>1 条</dd>" in first


def test_later_usage_is_in_the_next_statement_alone(lobby: Lobby) -> None:
    first = settle(lobby)
    path = "/audit/statements/{}/usage?contract=C-1&resource=a100"
    before = walk(lobby, "auditor-1", path.format(first))[:2]
    lobby.office.ledger.append(*events(JULY))
    assert walk(lobby, "auditor-1", path.format(first))[:2] == before
    second = settle(lobby, 2)
    jobs, added, _ = walk(lobby, "auditor-1", path.format(second))
    assert len(jobs) == len(before[0]) + 3
    assert sum(added) > sum(before[1])
    old, late = lobby.see("auditor-1", "/audit/log/usage/0"), "/audit/log/usage/5"
    assert old.index(second) < old.index(first) < old.index("已被取代")
    assert second in (said := lobby.see("auditor-1", late))
    assert first not in said


def test_an_enterprise_sees_the_jobs_of_its_own_charges_alone(lobby: Lobby) -> None:
    lobby.office.ledger.append(*events(JULY))
    foreign = events(
        "enterprise 420100 其他企业\nusage a100 9 2022-07-03T00:00 2022-07-04T00:00", OTHER
    )
    lobby.office.ledger.append(*foreign)
    number, theirs = settle(lobby), f"SQ-C-2022-07-{OTHER}-1"
    own = f"/enterprise/{CODE}/statements/{number}"
    assert f"{own}/usage" in lobby.see("firm-1", own)
    paths = lines_of(lobby, "firm-1", f"{own}/usage")
    jobs = [job for path in paths for job in walk(lobby, "firm-1", path)[0]]
    assert len(jobs) == 5
    assert "/audit/" not in lobby.see("firm-1", paths[0])
    for who, path, status in (
        ("stranger-1", f"{own}/usage", 404),
        ("stranger-1", f"/enterprise/{OTHER}/statements/{number}/usage", 404),
        ("firm-1", f"/enterprise/{CODE}/statements/{theirs}/usage", 404),
        ("firm-1", f"/audit/statements/{number}/usage?contract=C-1&resource=a100", 403),
        ("task-1", f"{own}/usage", 403),
        ("admin-1", f"{own}/usage", 403),
    ):
        assert lobby.ask(who, "GET", path).status_code == status, (who, path)


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        *("", "contract=C-9&resource=a100", "contract=C-1&resource=a100&after=x"),
        *("contract=C-1&resource=a100&after=none:1", "contract=C-1&resource=a100&after=usage:-1"),
        f"contract=C-1&resource={quote('<b>')}",
    ],
)
def test_a_line_that_is_not_there_is_not_found(lobby: Lobby, query: str) -> None:
    lobby.see("auditor-1", f"/audit/statements/{settle(lobby)}/usage?{query}", 404)


@on_sqlite
def test_a_refund_leads_to_its_claim_papers_and_rules(lobby: Lobby) -> None:
    office = lobby.office
    claim = office.submit()["id"]
    month = ("--month", "2022-11")
    made = office.ask("task-2", "statement", "make", "--kind", "application", *month)
    (number,) = [one["id"] for one in made["rows"]]
    text = lobby.see("auditor-1", f"/audit/statements/{number}")
    shown = office.ask("auditor-1", "claim", "show", claim)
    assert f"/claims/{claim}" in text
    assert "项目采纳于账目日志" in text
    claims = text.partition('id="claim-1"')[2].partition("</section>")[0]
    for kind in ("claim.submitted", "invoice.recorded", "payment.recorded", "contract.registered"):
        assert f"{kind}.v1" in claims, kind
    assert claims.count("invoice.recorded.v1") == len(shown["invoices"])
