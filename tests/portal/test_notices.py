"""`suanquan notice`: a list for all to see, its working days, and what is cleared after it."""

from pathlib import Path
from typing import Any

from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import BASIS, approve, states
from tests.small_ledger import events

__all__ = ["office"]


def draw(office: Office, who: str = "authority-1", *more: object) -> Any:  # noqa: ANN401 - an answer
    """Draw a notice up."""
    return office.ask(who, "notice", "draw", "hubei", "--basis", BASIS, *more)


def test_a_notice_is_drawn_up_shown_to_all_and_cleared(office: Office, tmp_path: Path) -> None:
    claims = approve(office, ONE, TWO)
    answer = draw(office)
    assert "error" not in answer, answer
    days = answer["notice"], answer["first_day"], answer["last_day"], answer["working_days"]
    assert days == ("hubei-20221102", "2022-11-02", "2022-11-08", 5)
    assert [row["claim"] for row in answer["rows"]] == sorted(claims)
    assert answer["left_out"] == []
    office.ledger.append(*renamed())
    public = office.ask("", "notice", "show", "hubei-20221102")
    row = public["rows"][0]
    assert set(row) == {"line", "enterprise", "provider", "service", "amount_fen", "remark"}
    assert (row["enterprise"], row["service"]) == ("华智科技", "C-1")
    assert public["basis"] == BASIS
    assert not any(claim in str(public) for claim in claims)
    stranger = office.ask("stranger-1", "notice", "show", "hubei-20221102")
    assert stranger == public
    inside = office.ask("finance-1", "notice", "show", "hubei-20221102")
    assert {row["state"] for row in inside["rows"]} == {"noticed"}
    for name in ("a.csv", "a.xlsx"):
        path = tmp_path / name
        office.ask("", "notice", "show", "hubei-20221102", "--out", path)
        assert path.stat().st_size > 100
    listed = office.ask("", "notice", "list")["rows"]
    assert [(one["notice"], one["claims"]) for one in listed] == [("hubei-20221102", 2)]
    assert office.ask("", "notice", "list", "wuhan")["rows"] == []
    office.today = "2022-11-08"
    early = office.ask("authority-1", "notice", "clear", "hubei-20221102")
    assert (early["rows"], len(early["left_out"])) == ([], 2)
    assert "2022-11-08" in early["left_out"][0]["why"]
    assert office.ask("authority-1", "notice", "clear")["rows"] == []
    office.today = "2022-11-09"
    done = office.ask("authority-1", "notice", "clear")
    assert [one["id"] for one in done["rows"]] == sorted(claims)
    assert states(office, *claims) == ["cleared", "cleared"]
    assert office.ask("authority-1", "notice", "clear")["rows"] == []
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def renamed() -> list[Any]:
    """Return that the enterprise is called otherwise since."""
    return events("enterprise 420100 改名科技")


def test_a_claim_that_one_may_not_act_on_is_left_out_or_refused(office: Office) -> None:
    """Whoever entered a claim's papers is no official on it; the other one is noticed."""
    office.open("both-1", "task_force", "hubei", by=["admin-1"])
    for administrator in ("admin-1", "admin-2"):
        role = ("--role", "authority", "--programme", "hubei")
        office.ask(administrator, "user", "add", "both-1", *role)
    ours = office.submit("both-1", invoices=[ONE])["id"]
    office.check("task-1", ours)
    office.act("authority-1", ours, "approve")
    (theirs,) = approve(office, TWO)
    refused = draw(office, "both-1", "--claim", ours)["error"]
    assert (refused["code"], ours in refused["message"]) == ("not_allowed", True)
    answer = draw(office, "both-1")
    assert [row["claim"] for row in answer["rows"]] == [theirs]
    assert [one["id"] for one in answer["left_out"]] == [ours]
    nothing = draw(office, "both-1")["error"]
    assert (nothing["code"], ours in nothing["message"]) == ("nothing_to_notice", True)
    assert [row["claim"] for row in draw(office)["rows"]] == [ours]
    assert [one["notice"] for one in office.ask("", "notice", "list")["rows"]] == [
        "hubei-20221102",
        "hubei-20221102-2",
    ]


def test_who_has_no_authority_draws_and_clears_nothing(office: Office) -> None:
    approve(office, ONE)
    office.open("wuhan-1", "authority", "wuhan", by=["admin-1", "admin-2"])
    for who in ("task-1", "finance-1", "admin-1", "firm-1", "stranger-1", "auditor-1", "wuhan-1"):
        assert draw(office, who)["error"]["code"] == "not_allowed", who
    assert "no_token" in str(draw(office, ""))
    draw(office)
    office.today = "2022-11-09"
    for who in ("task-1", "firm-1", "admin-1"):
        assert office.ask(who, "notice", "clear")["error"]["code"] == "not_allowed", who
    wuhan = office.ask("wuhan-1", "notice", "clear")
    assert (wuhan["rows"], wuhan["left_out"]) == ([], [])
    named = office.ask("wuhan-1", "notice", "clear", "hubei-20221102")
    assert named["error"]["code"] == "not_allowed"
    empty = office.ask("authority-1", "notice", "clear", "none")["error"]
    assert empty["code"] == "unknown_notice"


def test_a_notice_that_cannot_be_is_refused(office: Office) -> None:
    (claim,) = approve(office, ONE)
    for more, code in (
        (("--first-day", "2024-01-02"), "no_calendar"),
        (("--first-day", "2023-12-28"), "no_calendar"),
        (("--first-day", "2022-10-31"), "not_allowed"),
        (("--notice", "a b"), "bad_id"),
        (("--objections", " "), "bad_words"),
        (("--claim", "SQ-NONE"), "unknown_claim"),
        (("--on", "2022-11-02"), "future_day"),
    ):
        assert draw(office, "authority-1", *more)["error"]["code"] == code, more
    assert states(office, claim) == ["approved"]


def test_a_notice_that_nobody_could_have_read_is_none(office: Office) -> None:
    (claim,) = approve(office, ONE)
    office.today = "2022-11-20"
    for more, code in (
        (("--on", "2022-11-01"), "past_notice"),
        (("--first-day", "2022-11-19"), "not_allowed"),
    ):
        assert draw(office, "authority-1", *more)["error"]["code"] == code, more
    assert states(office, claim) == ["approved"]
    past = draw(office, "authority-1", "--on", "2022-11-02", "--published", "厅网站")
    assert past["basis"].endswith("已公示于 厅网站"), "everybody sees where it stood"


def test_an_objected_claim_is_not_cleared(office: Office) -> None:
    one, two = approve(office, ONE, TWO)
    draw(office, "authority-1", "--notice", "GS-1")
    assert draw(office, "authority-1", "--notice", "GS-1")["error"]["code"] == "nothing_to_notice"
    office.today = "2022-11-03"
    objector = {"name": "王某", "phone": "1", "address": "x"}
    office.act("authority-1", one, "object", objector=objector, matter="合同虚假")
    office.today = "2022-11-09"
    done = office.ask("authority-1", "notice", "clear", "GS-1")
    assert [row["id"] for row in done["rows"]] == [two]
    assert [row["id"] for row in done["left_out"]] == [one]
    assert states(office, one, two) == ["objected", "cleared"]
