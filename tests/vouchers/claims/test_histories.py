"""Random histories of claims: whatever is tried, the books balance, each fen has its notice."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.balance import Balances, sum_up
from ledger.balance import Claim as ClaimStands
from ledger.claim_state import STATES
from ledger.codec import Event, encode
from ledger.errors import LedgerError
from ledger.events import (
    ClaimClosed,
    ClaimData,
    ClaimDrafted,
    ClaimNoticed,
    ClaimOrdered,
    ClaimPaid,
    ClaimResubmitted,
    ClaimStep,
    ClaimSubmitted,
    Data,
    FundAppropriated,
    Remark,
    VoucherDrawn,
    VoucherReleased,
)
from ledger.laws import find_refusal
from ledger.text import Text
from tests.vouchers.claims.story import ENTERPRISE, OTHER, PEOPLE, PROGRAMME, reviewed, roster
from vouchers.claims.acts import Setting, record
from vouchers.claims.audit import judge
from vouchers.claims.authorise import actions_of, authorise
from vouchers.claims.first_review import Cut, CutMark, Marks
from vouchers.claims.fold import Claim, fold_claim
from vouchers.claims.helped import Papers
from vouchers.claims.requests import (
    AssessRequest,
    EmptyRequest,
    FailRequest,
    Objector,
    ObjectRequest,
    PaperRequest,
    PayRequest,
    ReasonRequest,
    RecoverRequest,
    RejectRequest,
    Request,
    ReturnRequest,
    SettleRequest,
)
from vouchers.claims.table import ACTIONS, SCHEDULER, Action, Capacity
from vouchers.claims.transfers import Transfers

BUDGET_FEN = 1_000
QUOTA_FEN = 300
ACTORS = (*PEOPLE, SCHEDULER)

ENDED_SHARE = 0.05
ENDING = frozenset({"withdraw", "reject", "return"})

_SOMEBODY = Objector(name="x", phone="1", address="x")


class World:
    """A fund, two enterprises, their vouchers, some claims, and people who try everything."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a test's own
        self.people = roster(both={*PEOPLE["reviewer-all"], *PEOPLE["approver-all"]})
        self.people.grants["mine"] = set(PEOPLE["stranger"])
        self.balances = Balances()
        self.events: list[Event] = []
        self.claims: dict[str, Claim] = {}
        self.transfers = Transfers()
        self.drawn = {ENTERPRISE: 0, OTHER: 0}
        self.day = date(2022, 11, 1)
        self.refused = 0
        budget = FundAppropriated(
            fund=PROGRAMME,
            year=2022,
            amount_fen=BUDGET_FEN,
            effective_on="2022-01-01",
            document="1",
        )
        self.take("", budget)

    def take(self, enterprise: str, data: Data) -> None:
        """Record an event."""
        event = self.written(enterprise, data)
        self.events.append(event)
        self.balances.apply(event)
        self.transfers.apply(event)
        if isinstance(data, VoucherDrawn):
            self.drawn[enterprise] += data.amount_fen
        elif isinstance(data, VoucherReleased):
            self.drawn[enterprise] -= data.amount_fen
        if isinstance(data, ClaimData | ClaimStep | VoucherDrawn | VoucherReleased):
            assert data.claim is not None, data
            self.claims.setdefault(data.claim, self.new(data.claim, enterprise)).apply(event)

    def written(self, enterprise: str, data: Data) -> Event:
        return encode("urn:suanquan:claims", str(len(self.events)), enterprise, data, "0" * 32)

    @staticmethod
    def new(claim: str, enterprise: str) -> Claim:
        return Claim(claim, enterprise, PROGRAMME, year=2022)

    def step(self) -> None:
        """Let somebody try something; what is refused changes nothing."""
        self.day += timedelta(days=self.random.choice((*(0,) * 12, 1, 1, 5)))
        name = f"SQ-{self.random.randint(1, 6) + 6 * (len(self.events) // 40)}"
        enterprise = OTHER if self.random.random() < 0.3 else ENTERPRISE
        if name in self.claims:
            enterprise = self.claims[name].enterprise
        claim = self.claims.get(name) or self.new(name, enterprise)
        actor = self.random.choice(ACTORS)
        action = self.random.choice(ACTIONS)
        if self.random.random() < 0.7:
            # Most tries are by somebody who may, or nothing would ever be paid.
            day = self.day.isoformat()
            able = [
                (one, act) for one in ACTORS for act in actions_of(self.people, one, claim, day)
            ]
            onward = [
                one
                for one in able
                if one[1] not in ENDING and (one[1], claim.state) != ("draft", "draft")
            ]
            if able:
                # Now and then one ends, or starts anew, what could have gone on.
                is_over = self.random.random() < ENDED_SHARE
                actor, action = self.random.choice(able if is_over else onward or able)
        made = list(self.attempt(claim, actor, action))
        self.try_all(claim, made)

    def attempt(self, claim: Claim, actor: str, action: Action) -> Iterator[Data]:
        """Yield the events that an act would make, lawful or not."""
        found = authorise(self.people, actor, action, claim)
        capacity = "reviewer" if isinstance(found, Text) else found
        noise = self.random.random() < 0.1
        at = Setting(
            claim=claim,
            action=action,
            capacity=capacity,
            actor=actor,
            day=self.day.isoformat(),
            acted_at="2022-11-01T00:00:00Z",
            sizes={"book": len(self.events)},
            rules="0" * 64,
            cuts=self.cuts(action),
            items=reviewed(),
            digest="c" * 64,
        )
        try:
            if action in ("submit", "draft", "notice", "order", "lapse"):
                yield from self.listed(at, noise=noise)
            else:
                yield from record(self.request(action, claim), at)
        except (LedgerError, AssertionError):
            self.refused += 1

    def listed(self, at: Setting, *, noise: bool) -> Iterator[Data]:
        """Yield the events of an act that is not on one claim by itself."""
        claim, amount_fen = at.claim, self.random.randint(1, 200)
        money = at.money(amount_fen) | {"fund": PROGRAMME}
        drawn = VoucherDrawn(
            programme=PROGRAMME,
            year=2022,
            amount_fen=amount_fen,
            drawn_on=at.day,
            version="0" * 64,
            claim=claim.claim,
        )
        if at.action == "submit" and claim.state == "returned":
            before_fen = claim.reserved_fen + noise
            yield drawn
            yield ClaimResubmitted(
                **money | {"revision": claim.revision + 1 - noise},
                before_fen=before_fen,
                assisted=at.capacity == "assistant",
            )
        elif at.action == "submit":
            yield drawn
            yield ClaimSubmitted(**money, assisted=at.capacity == "assistant")
        elif at.action == "draft":
            yield ClaimDrafted(**at.said(), assisted=at.capacity == "assistant")
        elif at.action == "notice":
            last = (date.fromisoformat(at.day) + timedelta(days=5)).isoformat()
            fen = (claim.approved_fen or 1) + noise
            said = at.said() | {"first_day": at.day, "last_day": last}
            yield ClaimNoticed(**said, notice="GS-1", line=1, amount_fen=fen)
        elif at.action == "order":
            fen = max(claim.amount_fen, 1) + noise
            order = f"{claim.claim}-{claim.orders + 1 - noise}"
            yield ClaimOrdered(**at.money(fen) | {"fund": PROGRAMME}, order=order)

    def cuts(self, action: Action) -> tuple[Cut, ...]:
        """Return what a reviewer's cuts take off."""
        return (Cut(None, None, self.random.randint(0, 30), "x"),) if action == "cut" else ()

    def request(self, action: Action, claim: Claim) -> Request:
        """Return what is asked for an act on one claim."""
        some_fen = self.random.randint(1, 60)
        objection = self.random.choice([*claim.objections, "none"])
        outcome: Any = self.random.choice(("dismissed", "upheld"))
        cut_fen = self.random.choice((None, some_fen)) if outcome == "upheld" else None
        # Of some two in a hundred payments the bank's reference is there already.
        is_transfer = action in ("pay", "recover")
        reference = f"B-{self.random.randint(1, 50) if is_transfer else 0}"
        revoked = "撤1号" if claim.stage == "payment" else None
        requests: dict[str, Request] = {
            "return": ReturnRequest(items=(Remark(item="x", reason="x"),)),
            "cut": Marks(cuts=(CutMark(amount_fen=1, reason="x"),), document=revoked),
            "check": Marks(),
            "reject": RejectRequest(reason="x", document=revoked),
            "withdraw": ReasonRequest(reason="x"),
            "approve": PaperRequest(),
            "close": PaperRequest(),
            "object": ObjectRequest(objector=_SOMEBODY, matter="x"),
            "settle": SettleRequest(
                objection=objection, outcome=outcome, reason="x", cut_fen=cut_fen
            ),
            "clear": EmptyRequest(),
            "pay": PayRequest(bank_reference=reference),
            "fail": FailRequest(reason="x"),
            "assess": AssessRequest(amount_fen=some_fen, document="x", reason="x"),
            "recover": RecoverRequest(amount_fen=some_fen, document="x", bank_reference=reference),
        }
        return requests[action]

    def try_all(self, claim: Claim, made: list[Data]) -> None:
        """Record all the events of an act, or none: as a transaction does."""
        kept = len(self.events)
        for data in made:
            if not self.may(claim, data):
                self.refused += 1
                self.roll_back(kept)
                return
            self.take(claim.enterprise, data)

    def may(self, claim: Claim, data: Data) -> bool:
        """Return whether an event may be after what is there: the desk's gate, quota, the books."""
        event = self.written(claim.enterprise, data)
        if isinstance(data, VoucherDrawn):
            return self.drawn[claim.enterprise] + data.amount_fen <= QUOTA_FEN
        if isinstance(data, ClaimData | ClaimStep):
            now = self.claims.get(claim.claim) or self.new(claim.claim, claim.enterprise)
            if list(judge(self.people, now, event, Papers(), self.transfers)):
                return False
        return find_refusal(self.balances, event) is None

    def roll_back(self, kept: int) -> None:
        """Forget the events after the first ones."""
        events, self.events = self.events[:kept], []
        self.balances, self.claims, self.transfers = Balances(), {}, Transfers()
        self.drawn = dict.fromkeys(self.drawn, 0)
        for event in events:
            self.take(event.subject, event.data)


def check_laws(world: World) -> None:
    """Hold a world to what must be true whatever was tried."""
    fund = world.balances.funds[PROGRAMME, 2022]
    assert fund.appropriated + fund.available + fund.encumbered + fund.expended == 0
    assert fund.expense + fund.payable + fund.treasury + fund.receivable == 0
    assert fund.available >= 0
    paid = [one.data.bank_reference for one in world.events if isinstance(one.data, ClaimPaid)]
    assert len(paid) == len(set(paid))
    for enterprise, fen in world.drawn.items():
        assert 0 <= fen <= QUOTA_FEN, enterprise
    for name, claim in world.claims.items():
        known = [key for key in world.balances.claims if key[0] == name]
        stands = world.balances.claims[known[0]] if known else ClaimStands()
        assert stands.reserved == claim.reserved_fen
        is_owed = claim.state in ("cleared", "ordered", "failed")
        assert stands.payable == (claim.amount_fen if is_owed else 0)
        approved_fen = BUDGET_FEN if claim.approved_fen is None else claim.approved_fen
        assert stands.paid == claim.paid_fen <= claim.amount_fen <= approved_fen
        assert (stands.receivable, stands.recovered) == (claim.receivable_fen, claim.recovered_fen)
        assert not claim.owed_fen
        check_payment(world, name, claim)


def check_payment(world: World, name: str, claim: Claim) -> None:
    """Hold what was paid to one line of a notice, an approval before it, and one settled order."""
    mine = [one for one in world.events if getattr(one.data, "claim", None) == name]
    paid = [at for at, one in enumerate(mine) if isinstance(one.data, ClaimPaid)]
    assert len(paid) <= 1
    assert fold_claim(name, mine).state == claim.state
    if paid:
        before = [one.data for one in mine[: paid[0]]]
        noticed = [one for one in before if isinstance(one, ClaimNoticed)]
        assert len(noticed) >= 1
        assert claim.paid_fen <= noticed[-1].amount_fen
        people: dict[Capacity, set[str]] = {}
        for person, capacities in claim.acted.items():
            for capacity in capacities:
                people.setdefault(capacity, set()).add(person)
        for one, others in people.items():
            for two, more in people.items():
                assert one == two or not others & more, (name, one, two)


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_whatever_people_try_the_laws_hold(seed: int) -> None:
    world = World(seed)
    for _ in range(80):
        world.step()
        check_laws(world)
    assert world.balances == sum_up(world.events)


def test_the_histories_get_everywhere() -> None:
    seen: set[type[Data]] = set()
    states, refused = set(), 0
    for seed in range(30):
        world = World(seed)
        for _ in range(150):
            world.step()
            states |= {claim.state for claim in world.claims.values()}
        seen |= {event.kind for event in world.events}
        refused += world.refused
    assert ClaimPaid in seen
    assert ClaimClosed in seen
    assert states == set(STATES) - {"new", "lapsed"}
    assert refused > 500


@pytest.mark.parametrize("seed", range(3))
def test_a_roll_back_leaves_nothing(seed: int) -> None:
    world = World(seed)
    for _ in range(40):
        world.step()
    before = world.balances, dict(world.drawn), list(world.events)
    world.roll_back(len(world.events))
    assert (world.balances, world.drawn, world.events) == before
