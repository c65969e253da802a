"""Decisions a second of one processor, by us and by `zen-engine`, a rules engine written in Rust.

Its decision graphs in `bench/zen/` give the amounts of our three programmes where every fact is
known, which is asserted on `MIXED` cases before anything is timed. Ours also answers where facts
are missing, and each decision holds its steps with their values, clauses and grades; the nearest
thing to that is its trace. Asked one at a time, both are given one case and give one answer.

It is handed cases as it takes them in quickest: as JSON text, 200 at once, days as numbers such as
20221101, and only the facts that some rule reads. No two cases of a run are equal.
"""

import json
import random
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import zen

from bench.measure import Measurement, Reading, Run, compare_computing
from tests.small_ledger import account_of
from tests.vouchers.conftest import render_facts
from vouchers.case import Case, parse_case
from vouchers.catalogue import find_programmes
from vouchers.decide import decide
from vouchers.ledger_case import case_of
from vouchers.plan import plan
from vouchers.programme import Programme

CASES: Final = 4_000
MIXED: Final = 2_000
BATCH_CASES: Final = 200

_GRAPHS: Final = Path(__file__).parent / "zen"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

# Facts of the complete case that no rule of the three reads.
_UNREAD: Final = {
    *("credit_code", "contract", "contract_fen", "service_from", "service_to", "invoice"),
    *("invoiced_on", "tax_fen", "metered_fen", "provider"),
}

# What is otherwise in a mixed case, each with the chance of `_OTHER`. Every fact stays known.
_OTHER: Final = 0.07
_OTHERS: Final[dict[str, Sequence[object]]] = {
    "apply_on": (
        *("2022-05-06", "2022-05-07", "2022-07-09", "2022-12-31", "2023-01-01", "2023-03-31"),
        *("2023-04-01", "2024-12-31", "2025-01-01"),
    ),
    "enterprise.registered_region": ("420200", "430100"),
    "enterprise.qualifications": (
        [],
        [{"kind": "technology_sme", "from": "2022-01-01", "to": "2022-12-31"}],
        [{"kind": "incubated", "from": "2021-01-01", "recognised_by": "district"}],
        [{"kind": "incubated", "from": "2021-01-01", "recognised_by": "province"}],
        [{"kind": "advanced_service", "from": "2022-07-01"}],
    ),
    "enterprise.tax_domicile": (
        [{"zone": "elsewhere", "from": "2021-01-01"}],
        [{"zone": "east-lake", "from": "2021-01-01", "to": "2022-10-31"}],
    ),
    "purchases[0].resource_kind": ("storage",),
    "purchases[0].signed_on": ("2021-12-31",),
    "purchases[0].completed_on": ("2023-01-01", "2019-12-31"),
    "earlier": (
        [{"programme": "hubei", "year": 2022, "claimed_fen": 5_000_000, "redeemed_fen": 0}],
        [{"programme": "wuhan", "year": 2022, "claimed_fen": 9_950_000, "redeemed_fen": 9_910_000}],
        [{"programme": "wuhan", "year": 2021, "claimed_fen": 1, "redeemed_fen": 1}],
        [{"programme": "east_lake", "year": 2022, "claimed_fen": 0, "redeemed_fen": 49_999_999}],
    ),
    "other_funding": (
        [{"scope": "project", "ref": "P-1", "level": "province", "year": 2021}],
        [{"scope": "project", "ref": "P-1", "level": "city", "year": 2021}],
    ),
    "declarations.related_party": (True,),
    "declarations.serious_dishonesty": (True,),
}

_QUICKEST: Final = f"batches of {BATCH_CASES}"
_DAYS: Final = 365
_BOOKS: Final = 50

Answers = Iterator[dict[str, Any]]
Changes = Mapping[str, object]

_ENGINE: Final = zen.ZenEngine(
    {
        "loader": {
            "type": "static",
            "content": {
                path.stem: json.loads(path.read_bytes()) for path in _GRAPHS.glob("*.json")
            },
        }
    }
)


def rules() -> Iterator[Measurement | Reading]:
    """Yield each programme and all of them against the engine, and what is around a decision."""
    _assert_equal()
    raws = [render_facts(changes) for changes in _distinct(CASES)]
    cases, texts = [parse_case(raw) for raw in raws], [_facts_of(raw) for raw in raws]
    every = find_programmes()
    for name, chosen in (*((one.id, (one,)) for one in every), ("all three", every)):
        size, ours = CASES * len(chosen), _ours(chosen, cases)
        for way, theirs in _ways(chosen, texts).items():
            yield compare_computing(f"decide, {name}", size, ours, f"zen-engine, {way}", theirs)
    size, theirs = CASES * len(every), _ways(every, texts)[_QUICKEST]
    yield compare_computing(
        "read from JSON and decide, all three",
        size,
        lambda: _let_go(decide(one, case) for case in map(parse_case, raws) for one in every),
        f"zen-engine, {_QUICKEST}",
        theirs,
    )
    yield compare_computing(
        "plan, three programmes",
        CASES,
        lambda: _let_go(plan(case, every) for case in cases),
        "their three decisions alone",
        _ours(every, cases),
    )
    yield _case_of_year()


def _ours(programmes: Sequence[Programme], cases: Sequence[Case]) -> Run:
    """Return a run of our own decisions."""
    return lambda: _let_go(decide(one, case) for case in cases for one in programmes)


def _ways(programmes: Sequence[Programme], texts: Sequence[bytes]) -> dict[str, Run]:
    """Return a run of the engine's decisions by each way of asking it."""
    return {
        _QUICKEST: lambda: _let_go(_in_batches(programmes, texts)),
        f"{_QUICKEST}, traced": lambda: _let_go(_in_batches(programmes, texts, trace=True)),
        "one at a time": lambda: _let_go(_one_by_one(programmes, texts)),
        "one at a time, traced": lambda: _let_go(_one_by_one(programmes, texts, trace=True)),
    }


def _let_go(answers: Iterable[object]) -> None:
    """Ask for every answer and keep none."""
    deque(answers, maxlen=0)


def _in_batches(
    programmes: Sequence[Programme], texts: Sequence[bytes], *, trace: bool = False
) -> Answers:
    """Yield the engine's answers, programme by programme."""
    for one in programmes:
        for first in range(0, len(texts), BATCH_CASES):
            batch = texts[first : first + BATCH_CASES]
            asked: list[zen.EvaluateBatchRequest] = [
                {"key": one.id, "context": text} for text in batch
            ]
            for answer in _ENGINE.evaluate_batch(asked, {"trace": trace}):
                yield answer["data"]["result"]


def _one_by_one(
    programmes: Sequence[Programme], texts: Sequence[bytes], *, trace: bool = False
) -> Answers:
    """Yield the engine's answers, each asked for by itself."""
    for one in programmes:
        decision = _ENGINE.get_decision(one.id)
        for text in texts:
            yield decision.evaluate(text, {"trace": trace})["result"]


def _distinct(count: int) -> Iterator[Changes]:
    """Yield changes to the complete case, each another amount and day, that all three pay on."""
    first = date(2022, 7, 15)
    for i in range(count):
        spent_fen, paid_on = 1_000_000 + 9_973 * i, first + timedelta(days=i % 90)
        paid = {"paid_on": str(paid_on), "amount_fen": spent_fen}
        yield {
            "purchases[0].invoiced_fen": spent_fen,
            "purchases[0].payments": [paid],
            "apply_on": str(paid_on + timedelta(days=i % 75)),
        }


def _assert_equal() -> None:
    """Hold both engines' amounts together over cases of every sort, each paid by some and not."""
    raws = [render_facts(changes) for changes in _mixed(random.Random(17))]  # noqa: S311 - a seed
    cases, texts = [parse_case(raw) for raw in raws], [_facts_of(raw) for raw in raws]
    for one in find_programmes():
        decisions = [decide(one, case) for case in cases]
        amounts = [decision.amount_fen for decision in decisions]
        assert all(made.steps[-1].value == made.amount_fen for made in decisions if made.amount_fen)
        for way in (_in_batches, _one_by_one):
            theirs = [answer["amount_fen"] for answer in way((one,), texts)]
            for case, own, other in zip(cases, amounts, theirs, strict=True):
                assert own == other, (one.id, own, other, case)
        paid = sum(amount != 0 for amount in amounts)
        assert MIXED // 5 < paid < MIXED - MIXED // 5, (one.id, paid)
        assert len(set(amounts)) > MIXED // 20, one.id


def _mixed(chance: random.Random) -> Iterator[Changes]:
    """Yield changes to the complete case: now and then some facts are others."""
    for _ in range(MIXED):
        any_fen = 1 + chance.randrange(10 ** chance.randrange(5, 9))
        spent_fen = chance.choice((199_999, 200_000, *[any_fen] * 8))
        changes: dict[str, object] = {
            "enterprise.facts": [_sales(year, chance) for year in range(2020, 2025)],
            "purchases[0].invoiced_fen": spent_fen,
            "purchases[0].tax_fen": 0,
            "purchases[0].payments": _payments(spent_fen, chance),
        }
        others = {path: values for path, values in _OTHERS.items() if chance.random() < _OTHER}
        yield changes | {path: chance.choice(values) for path, values in others.items()}


def _sales(year: int, chance: random.Random) -> dict[str, object]:
    value = chance.choice((*[19_999_999_999] * 4, 20_000_000_000))
    return {"name": "sales_fen", "year": year, "value": value}


def _payments(spent_fen: int, chance: random.Random) -> list[dict[str, object]]:
    """Return one or two payments, now and then a fen short or over."""
    first_fen = chance.choice((0, spent_fen // 3))
    rest_fen = max(spent_fen - first_fen + chance.choice((0, 0, 0, 0, 0, 0, -1, 1)), 0)
    days = chance.choice((("2022-05-01", "2022-07-10"), ("2021-12-31", "2022-01-01")))
    return [
        {"paid_on": day, "amount_fen": fen}
        for day, fen in zip(days, (first_fen, rest_fen), strict=True)
    ]


def _facts_of(raw: bytes) -> bytes:
    """Return a case's facts as the engine takes them in."""
    return json.dumps(_numbered(json.loads(raw))).encode()


def _numbered(at: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with days as numbers and without what no rule reads."""
    if isinstance(at, dict):
        return {key: _numbered(value) for key, value in at.items() if key not in _UNREAD}
    if isinstance(at, list):
        return [_numbered(value) for value in at]
    if isinstance(at, str) and _DAY.fullmatch(at):
        return int(at.replace("-", ""))
    return at


def _case_of_year() -> Reading:
    """Return how many cases a second come of a book with a year of daily usage and its invoices."""
    lines = [
        "resource a100 accelerator card 2021-12-01 0.32",
        "contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour",
    ]
    first = date(2022, 1, 1)
    for i in range(_DAYS):
        day = first + timedelta(days=i)
        lines.append(f"usage a100 10 {day}T00:00 {day + timedelta(days=1)}T00:00")
    for month in range(1, 13):
        last = date(2022 + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        lines.append(f"invoice {month} C-1 {last} 90000 5094.34 2022-{month:02}-01 {last}")
        lines.append(f"payment {month} {last} 90000")
    book, account, usage = account_of("\n".join(lines))
    start = time.process_time()
    for _ in range(_BOOKS):
        case_of(book, account, usage, date(2022, 12, 31))
    rate = _BOOKS / (time.process_time() - start)
    return Reading("case of a book: 12 invoices", _DAYS, f"{rate:,.0f} a second")
