"""What holds in every town, whatever was tried: each sum made again here, from the events alone.

Where the program is asked too, it is to say that the same hold: its audit of each leaf, its books,
its tables, its replay.
"""

from collections import Counter
from functools import singledispatchmethod
from typing import Any, Final, NamedTuple

from ledger.balance import Balances
from ledger.bookkeeping import read_balances
from ledger.claim_list import ClaimFilter, list_claims
from ledger.claim_state import STATE_OF
from ledger.codec import Event
from ledger.database import Connection
from ledger.events import (
    ClaimApproved,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimNoticed,
    ClaimOrdered,
    ClaimPaid,
    ClaimResubmitted,
    ClaimStep,
    ClaimSubmitted,
    Data,
    FundAppropriated,
    FundClosed,
    FundTransferred,
    VoucherDrawn,
    VoucherGranted,
    VoucherLapsed,
    VoucherReleased,
)
from ledger.roster import SCHEDULER
from vouchers.claims.audit import History
from vouchers.claims.fold import action_of, capacity_of

YEARLY_CAP_FEN: Final = {"hubei": 20_000_000, "wuhan": 10_000_000, "east_lake": 50_000_000}
"""What the notices say, for each enterprise and year."""

ENDED: Final = frozenset({"withdrawn", "rejected", "lapsed"})

_CLAIMING: Final = frozenset({"claimant", "assistant"})


class Key(NamedTuple):
    """Whose voucher, of which programme and year."""

    enterprise: str
    programme: str
    year: int


class Stands:
    """A claim as these laws see it."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.state = "new"
        self.invoices: tuple[str, ...] = ()
        self.asked_fen = 0
        self.held_fen = 0
        self.approved_fen = 0
        self.paid_fen = 0
        self.owed_back_fen = 0
        self.lines: list[ClaimNoticed] = []
        self.settled: list[str] = []

    @property
    def is_live(self) -> bool:
        """Return whether it holds its invoices."""
        return self.state not in ENDED

    @property
    def claimed_fen(self) -> int:
        """Return what it asks for as it stands."""
        return 0 if self.state == "returned" or not self.is_live else self.asked_fen


class Laws:
    """The book so far, and what is counted of it.

    `census` counts what happened in every history, `acts` what was done on claims in this one.
    """

    def __init__(self, census: Counter[str]) -> None:
        self.size = 0
        self.census = census
        self.history = History()
        self.balances = Balances()
        self.claims: dict[str, Stands] = {}
        self.quotas: Counter[Key] = Counter()
        self.lapsed: Counter[Key] = Counter()
        self.budgets: Counter[tuple[str, int]] = Counter()
        self.spent: Counter[tuple[str, int]] = Counter()
        self.acts: Counter[str] = Counter()
        self.orders: dict[str, str] = {}
        self.given: dict[tuple[str, int], str] = {}
        self.capacities: dict[tuple[str, int], dict[str, set[str]]] = {}
        self.claimants: dict[str, set[str]] = {}

    def take(self, index: int, event: Event) -> None:
        """Take in the book's next event, which the audit and the books have to allow."""
        assert index == self.size
        self.size += 1
        data = event.data
        assert list(self.history.objections(event)) == [], event
        self.history.apply(event)
        self.balances.apply(event)
        self.census[type(data).__name__] += 1
        if isinstance(data, ClaimData | ClaimStep | VoucherDrawn | VoucherReleased):
            assert data.claim is not None, event
            key = Key(event.subject, data.programme, data.year)
            stands = self.claims.setdefault(data.claim, Stands(key))
            assert stands.key == key, event
            self._take(data, stands)
            if isinstance(data, ClaimData | ClaimStep):
                self._note_act(data)
                stands.state = STATE_OF.get(type(data), stands.state)
        elif isinstance(data, VoucherGranted | VoucherLapsed):
            granted = isinstance(data, VoucherGranted)
            key = Key(event.subject, data.programme, data.year)
            assert not granted or key not in self.quotas, event
            fen = data.quota_fen if isinstance(data, VoucherGranted) else data.amount_fen
            (self.quotas if granted else self.lapsed)[key] += fen
        else:
            self._budget(data)
        self._hold_funds()

    def _note_act(self, data: ClaimData | ClaimStep) -> None:
        """Hold an act to four eyes: one capacity a revision, and who claimed does nothing else."""
        person, capacity = data.actor or "", str(capacity_of(data))
        assert person, data
        self.acts[action_of(data)] += 1
        self.census[f"act {action_of(data)}"] += 1
        if person == SCHEDULER:
            return
        acted = self.capacities.setdefault((data.claim, data.revision), {})
        acted.setdefault(person, set()).add(capacity)
        assert len(acted[person]) == 1, (data, acted)
        claimed = self.claimants.setdefault(data.claim, set())
        if capacity in _CLAIMING:
            claimed.add(person)
        else:
            assert person not in claimed, data

    # --- what each event says ---

    @singledispatchmethod
    def _take(self, data: Data, stands: Stands) -> None:
        """Leave what moves no money."""

    @_take.register
    def _(self, data: VoucherDrawn, stands: Stands) -> None:
        stands.held_fen += data.amount_fen

    @_take.register
    def _(self, data: VoucherReleased, stands: Stands) -> None:
        stands.held_fen -= data.amount_fen

    @_take.register(ClaimSubmitted)
    @_take.register(ClaimResubmitted)
    def _(self, data: ClaimSubmitted | ClaimResubmitted, stands: Stands) -> None:
        stands.asked_fen, stands.invoices, stands.approved_fen = data.amount_fen, data.invoices, 0

    @_take.register
    def _(self, data: ClaimCut, stands: Stands) -> None:
        stands.asked_fen -= data.amount_fen

    @_take.register
    def _(self, data: ClaimApproved, stands: Stands) -> None:
        assert data.amount_fen == stands.asked_fen == stands.held_fen, data
        stands.approved_fen = data.amount_fen

    @_take.register
    def _(self, data: ClaimNoticed, stands: Stands) -> None:
        assert data.amount_fen == stands.approved_fen, data
        holder = self.given.setdefault((data.notice, data.line), data.claim)
        assert holder == data.claim, data
        stands.lines.append(data)

    @_take.register
    def _(self, data: ClaimCleared, stands: Stands) -> None:
        assert data.effective_on > stands.lines[-1].last_day, data
        assert (data.notice, data.line) == (stands.lines[-1].notice, stands.lines[-1].line), data

    @_take.register
    def _(self, data: ClaimOrdered, stands: Stands) -> None:
        assert data.order not in self.orders, data
        assert data.amount_fen == stands.asked_fen, data
        self.orders[data.order] = data.claim

    @_take.register
    def _(self, data: ClaimFailed, stands: Stands) -> None:
        assert self.orders[data.order] == data.claim, data
        assert data.order not in stands.settled, data
        stands.settled.append(data.order)

    @_take.register
    def _(self, data: ClaimPaid, stands: Stands) -> None:
        assert self.orders[data.order] == data.claim, data
        assert data.order not in stands.settled, data
        assert (len(stands.lines), stands.paid_fen) == (1, 0), data
        assert data.amount_fen <= stands.lines[0].amount_fen == stands.approved_fen, data
        stands.settled.append(data.order)
        stands.paid_fen = data.amount_fen
        self.spent[data.fund, data.year] += data.amount_fen

    @_take.register
    def _(self, data: ClaimClawbackAssessed, stands: Stands) -> None:
        stands.owed_back_fen += data.amount_fen
        assert stands.owed_back_fen <= stands.paid_fen, data

    @_take.register
    def _(self, data: ClaimClawbackRecovered, stands: Stands) -> None:
        assert data.amount_fen <= stands.owed_back_fen, data
        self.spent[data.fund, data.year] -= data.amount_fen

    def _budget(self, data: Data) -> None:
        """Note what a fund is given, sends on or gives back."""
        if isinstance(data, FundAppropriated):
            self.budgets[data.fund, data.year] += data.amount_fen
        elif isinstance(data, FundTransferred):
            self.budgets[data.fund, data.year] -= data.amount_fen
            self.budgets[data.to_fund, data.to_year] += data.amount_fen
        elif isinstance(data, FundClosed):
            self.budgets[data.fund, data.year] -= data.amount_fen

    # --- what holds ---

    def _hold_funds(self) -> None:
        """Hold every fund, at every size of the book, to its two sums and its budget."""
        for key, fund in self.balances.funds.items():
            assert fund.appropriated + fund.available + fund.encumbered + fund.expended == 0, key
            assert fund.expense + fund.payable + fund.treasury + fund.receivable == 0, key
            assert fund.available >= 0, key
            assert self.spent[key] == -fund.treasury, key

    def hold(self, connection: Connection) -> None:
        """Hold what was done to the caps, and what is stored to what was done."""
        drawn, approved, paid = Counter[Key](), Counter[Key](), Counter[Key]()
        holders = Counter[tuple[str, str]]()
        for name, one in self.claims.items():
            assert one.held_fen == one.claimed_fen >= 0, (name, vars(one))
            assert one.paid_fen <= one.approved_fen, (name, vars(one))
            assert one.asked_fen <= one.approved_fen or not one.lines, (name, vars(one))
            drawn[one.key] += one.held_fen
            # What an objection took off an approval is the voucher's again.
            approved[one.key] += min(one.approved_fen, one.claimed_fen)
            paid[one.key] += one.paid_fen
            if one.is_live:
                holders.update((invoice, one.key.programme) for invoice in one.invoices)
        for key, fen in drawn.items():
            quota = self.quotas[key]
            assert paid[key] <= approved[key] <= quota, key
            assert fen <= quota <= YEARLY_CAP_FEN[key.programme], key
        assert set(holders.values()) <= {1}, holders
        for purse, fen in self.spent.items():
            assert 0 <= fen <= self.budgets[purse], purse
        self._hold_tables(connection)

    def _hold_tables(self, connection: Connection) -> None:
        """Hold the tables to what the events say."""
        assert read_balances(connection) == self.balances
        listed = {one.claim: one for one in list_claims(connection, ClaimFilter(), 10_000)}
        assert listed.keys() == self.claims.keys()
        for name, stands in self.claims.items():
            row = listed[name]
            assert (row.enterprise, row.programme, row.year) == stands.key, name
            assert row.state.replace("objected", "noticed") == stands.state, name
            assert row.amount_fen == stands.asked_fen, name


def hold_replay(checked: Any, replayed: Any) -> None:  # noqa: ANN401 - a command's answer
    """Hold a ledger to what the full check and a replay of all its events say."""
    assert checked["findings"] == [], checked
    assert checked["ok"]
    assert replayed["match"], replayed
    assert all(one["match"] for one in replayed["projections"]), replayed
