"""What vouchers would have cost under other rules: the ledger's history, decided under both.

The end of every month is a day of application: the case is what the ledger knew on that day, and
`decide` and `plan` rule on it as they do for a statement. An enterprise applies once for each claim
year, on the month's end at which all levels together refund it most; of equal ones the earliest. A
month is credited with what an application at its end adds to the best one before, so that months
add up to years and nothing is refunded twice. Invoices of a claim year that a programme has left
behind are refunded by it in later ones.

Where facts are unknown there are two amounts: with every unknown against the enterprise, and with
every unknown for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from msgspec import structs

from ledger.money import FEN_MAX
from ledger.period import last_day
from vouchers.book import Account, Book
from vouchers.case import Case, Purchase
from vouchers.case_series import cases_on
from vouchers.decide import decide, decide_next
from vouchers.decision import Decision
from vouchers.outright import refuse_outright
from vouchers.plan import plan
from vouchers.programme import Programme
from vouchers.rating import DayUsage
from vouchers.settled import Settled

Decided = Mapping[str, Decision]

# More than any least claim or spend, and less than what an amount may be.
_LARGE_FEN: Final = FEN_MAX // 8


class Claim(NamedTuple):
    """What one application gets for a claim year: fen by programme, and what it rests on."""

    total_fen: int
    amounts_fen: Mapping[str, int]
    case: Case
    decided: Decided

    def invoices(self, programme: str) -> set[str]:
        """Return the invoices that a programme refunds."""
        if programme not in self.amounts_fen:
            return set()
        purchases = self.case.purchases or ()
        counted = self.decided[programme].counted
        return {number for i in counted if (number := purchases[i].invoice) is not None}


class Claims:
    """The best claim of each claim year so far, and by how much each month raised it."""

    def __init__(self) -> None:
        self.by_year: dict[int, Claim] = {}
        self.by_month: dict[str, int] = {}

    def offer(self, month: str, claims: Mapping[int, Claim]) -> None:
        """Take in what an application at the end of a month would get."""
        for year, claim in claims.items():
            best = self.by_year.get(year)
            more_fen = claim.total_fen - (best.total_fen if best else 0)
            if more_fen > 0:
                self.by_year[year] = claim
                self.by_month[month] = self.by_month.get(month, 0) + more_fen

    @property
    def total_fen(self) -> int:
        """Return what all claim years come to."""
        return sum(claim.total_fen for claim in self.by_year.values())


class Ruled(NamedTuple):
    """How a world ruled on one application: its decisions, and by claim year what its plans pay.

    `low` has every unknown against the enterprise, `high` every unknown for it; both are None where
    no plan was made, because none could have paid this world more than an earlier one.
    """

    decided: Decided
    low: dict[int, Claim] | None = None
    high: dict[int, Claim] | None = None


class World:
    """One enterprise under one set of programmes, month after month.

    `low` has every unknown against the enterprise, `high` every unknown for it.
    """

    def __init__(self, programmes: Sequence[Programme], shared: frozenset[str]) -> None:
        """Begin with the programmes, some of which another world has as they are."""
        self.programmes = programmes
        self.low = Claims()
        self.high = Claims()
        self._shared = shared
        self._years: dict[str, int] = {}
        self._refunded: dict[str, set[str]] = {}
        self._eligible: set[str] = set()
        self._settled = {one.id: Settled() for one in programmes}

    def apply(self, month: str, case: Case, other: Ruled | None = None) -> Ruled | None:
        """Take in the application at the end of a month and return how it was ruled on.

        `other` is how the other world ruled on the same case: what both share is not decided again.
        None is returned where this world's case is another one, because it has refunded.
        """
        seen = self._mark(case)
        known = other if seen is case else None
        at_hand = known.decided if known else {}
        made = {
            one.id: at_hand[one.id]
            if at_hand and one.id in self._shared
            else self._decide(one, seen)
            for one in self.programmes
        }
        if self._turn(made):
            return self.apply(month, case)
        ruled = Ruled(made)
        if self._may_gain(made):
            alike = known and not self._pays(made) and not self._pays(known.decided)
            low, high = (known.low, known.high) if known and alike else (None, None)
            if low is None or high is None:
                low, high = self._claim(seen, made)
            self.low.offer(month, low)
            # Whatever is certain is possible too, also where the most is another combination.
            self.high.offer(month, low)
            self.high.offer(month, high)
            ruled = Ruled(made, low, high)
        return ruled if seen is case else None

    def _decide(self, programme: Programme, case: Case) -> Decision:
        """Return what a programme decides, a refusal without its reasons where that is quicker."""
        name = programme.id
        # Who was eligible in one month is seldom refused in the next.
        if name not in self._eligible and (refusal := refuse_outright(programme, case)):
            return refusal
        decision = decide_next(programme, case, self._settled[name])
        if decision.status == "eligible":
            self._eligible.add(name)
        return decision

    def _may_gain(self, made: Decided) -> bool:
        """Return whether an application may get more for a claim year than the best one before.

        Together programmes pay at most what each one pays alone.
        """
        most_fen: dict[int, int] = {}
        for one in made.values():
            if one.status == "undetermined":
                return True
            if one.amount_fen and one.year is not None:
                most_fen[one.year] = most_fen.get(one.year, 0) + one.amount_fen
        best = self.low.by_year
        return any(
            fen > (best[year].total_fen if year in best else 0) for year, fen in most_fen.items()
        )

    def _pays(self, decided: Decided) -> bool:
        """Return whether a programme that the worlds do not share may pay anything."""
        return any(
            one.amount_fen or one.status == "undetermined"
            for name, one in decided.items()
            if name not in self._shared
        )

    def _claim(self, case: Case, made: Decided) -> tuple[dict[int, Claim], dict[int, Claim]]:
        """Return what the best plans pay, with unknowns against the enterprise and for it."""
        unclear = [one for one in self.programmes if made[one.id].status == "undetermined"]
        sure, least = case, {name: one for name, one in made.items() if one.amount_fen}
        if not unclear:
            low = self._best(case, least)
            return low, low
        for one in unclear:
            if _bounds(made[one.id])[0]:
                sure = _without_unclear(one, sure)
                least[one.id] = decide(one, sure)
        return self._best(sure, least), self._most(case, made)

    def _best(self, case: Case, decided: Decided) -> dict[int, Claim]:
        """Return, by claim year, what the best lawful combination of these decisions pays."""
        members = [one for one in self.programmes if one.id in decided]
        plans = plan(case, members, decided=decided) if members else ()
        best = next((one for one in plans if one.lawful), None)
        paid = dict(zip(best.programmes, best.amounts_fen, strict=True)) if best else {}
        return _group(case, decided, {name: fen or 0 for name, fen in paid.items()})

    def _most(self, case: Case, made: Decided) -> dict[int, Claim]:
        """Return, by claim year, the most that any combination may come to pay.

        One that only missing facts stand against pays at most what each member alone may pay, and
        in all no more than was paid on what may count.
        """
        members = [
            one
            for one in self.programmes
            if made[one.id].amount_fen or made[one.id].status == "undetermined"
        ]
        found: list[dict[str, int]] = [{}]
        for one in plan(case, members, decided=made):
            amounts = dict(zip(one.programmes, one.amounts_fen, strict=True))
            if one.lawful:
                found.append({name: fen or 0 for name, fen in amounts.items()})
            elif one.reason is not None and one.reason.code == "undetermined_member":
                most = {name: _bounds(made[name])[1] for name in amounts}
                found.append(_cut(most, _sum_paid(case, [made[name] for name in amounts])))
        return _group(case, made, max(found, key=lambda one: sum(one.values())))

    def _turn(self, made: Decided) -> bool:
        """Return whether a programme has gone on to another claim year and left refunds behind."""
        more = False
        for name, decision in made.items():
            year, last = decision.year, self._years.get(name)
            if year is None:
                continue
            self._years[name] = year
            left = self.low.by_year.get(last) if last is not None and last < year else None
            invoices = left.invoices(name) if left else set()
            if invoices:
                self._refunded.setdefault(name, set()).update(invoices)
                more = True
        return more

    def _mark(self, case: Case) -> Case:
        """Return the case with the refunds that this world has made."""
        if not self._refunded:
            return case
        return structs.replace(
            case, purchases=tuple(self._mark_purchase(one) for one in case.purchases or ())
        )

    def _mark_purchase(self, purchase: Purchase) -> Purchase:
        by = {name for name, numbers in self._refunded.items() if purchase.invoice in numbers}
        return _refunded_by(purchase, by) if by else purchase


class Outcome(NamedTuple):
    """What became of one enterprise: its claims under both sets, and the statuses it held last.

    `bought` says whether there was anything to refund at all.
    """

    credit_code: str
    name: str
    held: tuple[str, ...]
    bought: bool
    before: World
    after: World


def compare(
    book: Book,
    account: Account,
    usage: Sequence[DayUsage],
    months: Sequence[str],
    sets: tuple[Sequence[Programme], Sequence[Programme]],
) -> Outcome:
    """Return what an enterprise would have been refunded over months, in order, under two sets.

    `usage` is its daily usage. The programmes that both sets share decide once.
    """
    shared = frozenset(one.id for one in sets[0] if any(one is other for other in sets[1]))
    before, after = World(sets[0], shared), World(sets[1], shared)
    days = [last_day(month) for month in months]
    bought = False
    for month, case in zip(months, cases_on(book, account, usage, days), strict=True):
        # No rule refunds where nothing was bought.
        if case.purchases:
            bought = True
            after.apply(month, case, before.apply(month, case))
    held = held_on(account, days[-1])
    return Outcome(account.credit_code, account.name, held, bought, before, after)


def held_on(account: Account, day: date) -> tuple[str, ...]:
    """Return the kinds of qualification that an enterprise holds on a day, in order."""
    today = day.isoformat()
    return tuple(
        sorted(
            {
                one.kind
                for one in account.qualifications
                if (one.valid_from or today) <= today <= (one.valid_to or today)
            }
        )
    )


def months_of(book: Book) -> tuple[str, str] | None:
    """Return the first and the last month of the services that were invoiced, if any was."""
    invoices = [one for account in book.accounts.values() for one in account.invoices.values()]
    if not invoices:
        return None
    first, last = min(one.service_from for one in invoices), max(one.service_to for one in invoices)
    return first[:7], last[:7]


def _group(case: Case, decided: Decided, paid_fen: Mapping[str, int]) -> dict[int, Claim]:
    """Return the claims that amounts by programme make up, by the year that each is for."""
    amounts: dict[int, dict[str, int]] = {}
    for name, fen in paid_fen.items():
        year = decided[name].year
        if fen and year is not None:
            amounts.setdefault(year, {})[name] = fen
    return {year: Claim(sum(paid.values()), paid, case, decided) for year, paid in amounts.items()}


def _bounds(decision: Decision) -> tuple[int, int]:
    """Return the amounts in fen between which a decision lies; an unclear one has them as steps."""
    if decision.amount_fen is not None:
        return decision.amount_fen, decision.amount_fen
    low, high = (step.value for step in decision.steps)
    assert isinstance(low, int), decision
    assert isinstance(high, int), decision
    return low, high


def _cut(amounts_fen: Mapping[str, int], limit_fen: int) -> dict[str, int]:
    """Return amounts that come to no more than a limit, the later ones cut."""
    found = {}
    for name, fen in amounts_fen.items():
        found[name] = min(fen, limit_fen)
        limit_fen -= found[name]
    return found


def _sum_paid(case: Case, decisions: Iterable[Decision]) -> int:
    """Return the fen paid by the day of application on what one of the decisions may count."""
    purchases, counted = case.purchases or (), set[int]()
    for decision in decisions:
        cut = {one.purchase for one in decision.reasons if one.code != "missing_fact"}
        counted.update(i for i in range(len(purchases)) if i not in cut)
    total = 0
    for i in counted:
        paid = (
            one.amount_fen or 0
            for one in purchases[i].payments or ()
            if one.paid_on and case.apply_on and one.paid_on <= case.apply_on
        )
        total += min(sum(paid), purchases[i].invoiced_fen or FEN_MAX)
    return total


def _without_unclear(programme: Programme, case: Case) -> Case:
    """Return the case without the purchases that a programme is unclear about.

    These are marked as refunded by it before, so that the others keep their positions.
    """
    purchases = tuple(
        _refunded_by(one, {programme.id}) if _is_unclear(programme, case, one) else one
        for one in case.purchases or ()
    )
    return structs.replace(case, purchases=purchases)


def _is_unclear(programme: Programme, case: Case, purchase: Purchase) -> bool:
    """Return whether a programme cannot tell if it counts a purchase.

    It is asked for the purchase alone, and for so large a one that no least claim answers for it.
    """
    alone = decide(programme, structs.replace(case, purchases=(_enlarge(purchase),)))
    return alone.status == "undetermined"


def _enlarge(purchase: Purchase) -> Purchase:
    """Return a purchase with every amount so many times as large."""
    times = _LARGE_FEN // max(purchase.invoiced_fen or 1, 1)
    amounts = {
        name: fen * times
        for name in purchase.__struct_fields__
        if name.endswith("_fen") and isinstance(fen := getattr(purchase, name), int)
    }
    payments = tuple(
        structs.replace(one, amount_fen=(one.amount_fen or 0) * times)
        for one in purchase.payments or ()
    )
    return structs.replace(purchase, **amounts, payments=payments)


def _refunded_by(purchase: Purchase, programmes: Iterable[str]) -> Purchase:
    both = {*purchase.refunded_by, *programmes}
    return structs.replace(purchase, refunded_by=tuple(sorted(both)))
