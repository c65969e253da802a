"""`suanquan programme decide`: the case of the ledger, decided as it was known at any size."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode
from portal import cli
from tests.small_ledger import CODE, PROVIDER, SALT, SmallLedger, events
from vouchers.adoption import Decided, adopt
from vouchers.book import Book
from vouchers.catalogue import select_programmes

Ask = Callable[..., Any]

HISTORY = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    fact          sales_fen 2021 15000000000
    declaration   2022
    qualification high_tech_enterprise 2021-11-15
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice       1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31
    usage         a100 100 2022-07-01T00:00 2022-07-21T00:00
    payment       1 2022-08-10 100000
    payment       1 2022-08-10 500000 P-2
    qualification above_scale 2021-01-01
    domicile      east-lake 2021-01-01
    usage         a100 1 2022-07-22T00:00 2022-07-23T00:00
    funding       enterprise city 2022 5000
    drawn         wuhan 2022 90000 2022-12-30
    revoked       above_scale 2022-06-01
    revoked       high_tech_enterprise 2022-06-01
"""


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    """Yield an empty ledger on each kind of database."""
    with closing(SmallLedger(database_url)) as made:
        yield made


@pytest.fixture
def ask(
    ledger: SmallLedger,  # noqa: ARG001 - its database is there first
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Return the command line in this process: the object that it answers, or its error."""
    monkeypatch.setenv("SUANQUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", database_url)

    def run(*words: object) -> Any:  # noqa: ANN401 - one JSON object
        status = cli.run([*map(str, words), "--json"])
        said = capfd.readouterr()
        return json.loads(said.out if status == 0 else said.err.splitlines()[-1])

    return run


def adoption(*ids: str) -> Any:  # noqa: ANN401 - events
    """Return the events that adopt programmes."""
    decided = Decided("2022-01-01", "2022-01-01T00:00:00Z")
    made = [adopt(one, Book(), decided) for one in select_programmes(ids)]
    return [
        encode("urn:test", f"rules-{ids}-{i}", "", one, SALT) for i, one in enumerate(made) if one
    ]


def sizes_of(answer: dict[str, Any]) -> list[str]:
    """Return the words that ask for what an answer was made from."""
    return [word for at in answer["as_of"] for word in ("--as-of", f"{at['log']}={at['size']}")]


def test_a_decision_as_of_a_size_is_the_one_that_was_made_at_that_size(
    ledger: SmallLedger, ask: Ask
) -> None:
    """Every step of a history is asked at once, and again at the end, when all is known."""
    wanted = ("programme", "decide", CODE, "--on", "2022-12-31")
    steps = [[one] for one in events(HISTORY)]
    steps[9:9] = [adoption("hubei", "wuhan")]
    steps[12:12] = [adoption("hubei", "wuhan", "east_lake")[2:]]
    then = []
    for step in steps:
        ledger.append(*step)
        answer = ask(*wanted)
        sizes = [f"{one['name']}={one['size']}" for one in ask("log", "list")["logs"][:2]]
        asked = [word for size in sizes for word in ("--as-of", size)]
        assert "error" in answer or asked == sizes_of(answer)
        then.append((asked, answer))
    assert [ask(*wanted, *asked) for asked, _ in then] == [answer for _, answer in then]
    heard = [answer for _, answer in then if "error" not in answer]
    assert [answer["error"]["code"] for _, answer in then if "error" in answer] == [
        "unknown_enterprise"
    ]
    amounts = [tuple(one["amount_fen"] for one in answer["decisions"]) for answer in heard]
    assert {len(one) for one in amounts} == {2, 3}, "as many as were adopted by then"
    assert len(set(amounts)) >= 6, amounts
    for what, least in (("case", 15), ("decisions", 10), ("rules", 3)):
        assert len({json.dumps(answer[what]) for answer in heard}) >= least, what


@pytest.fixture
def settled(ledger: SmallLedger) -> SmallLedger:
    """Return the ledger with all of its history but what takes the statuses away."""
    ledger.append(*events(HISTORY)[:12])
    return ledger


@pytest.mark.usefixtures("settled")
def test_the_case_can_be_saved_and_previewed(ask: Ask, tmp_path: Path) -> None:
    answer = ask("programme", "decide", CODE)
    assert answer["case"]["apply_on"] == "2022-12-31", "the year of the newest invoice"
    path = tmp_path / "case.json"
    path.write_text(json.dumps(answer["case"]), "utf-8")
    previewed = ask("programme", "preview", "--case", path, "--programme", "hubei")
    assert previewed["decisions"] == answer["decisions"][:1]
    assert [one["programme"] for one in answer["rules"]["rows"]] == [
        *("hubei", "hubei", "wuhan", "east_lake")
    ]
    assert all(one["same"] and one["adopted_on"] is None for one in answer["rules"]["rows"])


@pytest.mark.usefixtures("settled")
def test_a_day_a_year_and_programmes_can_be_named(ask: Ask) -> None:
    decide = ("programme", "decide", CODE)
    year = ask(*decide, "--year", 2022)
    assert ask(*decide) == year == ask(*decide, "--on", "2022-12-31")
    early = ask(*decide, "--on", "2022-08-09", "--programme", "hubei")
    (only,) = early["decisions"]
    assert (only["programme"], only["status"]) == ("hubei", "ineligible")
    assert [one["programmes"] for one in early["plans"]] == [["hubei"]]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((CODE, "--year", 2022, "--on", "2022-12-31"), "two_days"),
        ((CODE, "--on", "2022-02-30"), "bad_date"),
        ((CODE, "--on", "9999-12-31"), "absurd_year"),
        ((CODE, "--programme", "jinan"), "not_adopted"),
        ((CODE, "--as-of", "book=99999"), "size_beyond_head"),
        ((CODE[:-1] + "0",), "unknown_enterprise"),
        ((PROVIDER[:-1] + "0",), "credit_code_check"),
        ((PROVIDER,), "unknown_enterprise"),
        ((CODE, "--as-of", "book=5"), "no_day"),
    ],
)
@pytest.mark.usefixtures("settled")
def test_what_cannot_be_decided_says_why(ask: Ask, words: tuple[object, ...], code: str) -> None:
    assert ask("programme", "decide", *words)["error"]["code"] == code
