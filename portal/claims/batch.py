"""One act on many claims: whose turn they are, who may, and which are left out and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.claim_list import ClaimFilter, Place, list_claims, sum_claims
from ledger.claim_state import State
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.events import ClaimData, ClaimStep, Data, Role
from ledger.text import Language, Text
from ledger.topics import enterprise_topic, personal_topic
from portal.acting import not_allowed
from portal.claims.desk import Desk, find_claim
from portal.claims.reading import Read, read_claims
from portal.claims.shortfall import find_shortfall
from vouchers.claims.authorise import authorise
from vouchers.claims.obstacle import find_obstacle
from vouchers.claims.table import Action, Capacity, name_doer

# More claims than a programme has open at a time; each is folded from its events.
CLAIMS_MAX = 10_000

# How many claims one look at the trail names: SQLite bounds them.
_AT_ONCE = 500

# As many reasons as a person reads in one sentence.
TOLD_MAX = 10


class LeftOut(NamedTuple):
    """A claim on which an act was not done, and why."""

    claim: str
    why: Text


@dataclass(slots=True)
class Done:
    """The claims on which an act was done, by their ids, and those that were left out."""

    reads: list[Read] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def rows(self, language: Language) -> list[dict[str, Any]]:
        """Return the claims that were left out with the command line's keys."""
        return [{"id": one.claim, "why": one.why.render(language)} for one in self.left_out]


def require_role(desk: Desk, role: Role, programme: str) -> None:
    """Raise `RuleViolationError` (`not_allowed`) unless the actor has a role for a programme."""
    if desk.act.roster.holds(desk.name, role, programme):
        return
    name = name_doer(role)
    raise not_allowed(
        Text(
            f"须由 {programme} 的{name.zh}办理，{desk.name} 不是",
            f"this takes the {name.en} of {programme}, which {desk.name} is not",
        )
    )


def programmes_of(desk: Desk, role: Role) -> list[str] | None:
    """Return the programmes for which the actor has a role, None for all of them.

    Raises `RuleViolationError` (`not_allowed`) where there is none.
    """
    held = [one for one in desk.act.roster.grants.get(desk.name, ()) if one.role == role]
    scopes = sorted(one.scope for one in held if one.scope is not None)
    if any(one.scope is None for one in held):
        return None
    if not scopes:
        require_role(desk, role, "–")
    return scopes


def find_waiting(
    desk: Desk, states: Iterable[State], programmes: Iterable[str] | None, named: Iterable[str] = ()
) -> list[Read]:
    """Return the claims that stand in some states, or just those that are named, by their ids.

    Raises `RuleViolationError` (`unknown_claim`) for one of which the actor may not know.
    """
    names = tuple(dict.fromkeys(named))
    if names:
        return [find_claim(desk, name) for name in sorted(names)]
    wanted = ClaimFilter(tuple(states), None if programmes is None else tuple(programmes))
    listed = list_claims(desk.act.connection, wanted, CLAIMS_MAX)
    return read_each(
        desk.act.connection, sorted((one.claim, one.enterprise) for one in listed), desk.size
    )


def page_waiting(
    desk: Desk, states: Iterable[State], programme: str, limit: int, after: Place | None = None
) -> tuple[list[Read], Place | None]:
    """Return the claims of a programme that have waited longest, and after which one more wait.

    Of an enterprise its bank accounts alone are read: who entered its other papers, which are ten
    times as many entries, is asked when the act is done.
    """
    wanted = ClaimFilter(tuple(states), (programme,))
    listed = list_claims(desk.act.connection, wanted, limit + 1, after)
    shown = listed[:limit]
    asked = [(one.claim, one.enterprise) for one in shown]
    reads = list(read_claims(desk.act.connection, asked, desk.size, (personal_topic,)).values())
    return reads, shown[-1].place if len(listed) > limit else None


def count_waiting(desk: Desk, states: Iterable[State], programme: str) -> int:
    """Return how many claims of a programme wait in some states."""
    wanted = ClaimFilter(tuple(states), (programme,))
    return sum(one.claims for one in sum_claims(desk.act.connection, [wanted]))


def read_each(connection: Connection, wanted: Sequence[tuple[str, str]], size: int) -> list[Read]:
    """Return claims in the order in which they are asked for, each with its enterprise."""
    found: dict[str, Read] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        found |= read_claims(connection, some, size, (enterprise_topic, personal_topic))
    return list(found.values())


def why_not(desk: Desk, read: Read, action: Action, account: str | None = None) -> Capacity | Text:
    """Return in which capacity the actor may do an act, or why he may not.

    `account` is the one that the act pays into.
    """
    helped = read.papers.helpers(read.claim, account)
    return authorise(desk.act.roster, desk.name, action, read.claim, helped)


def act_on_each(
    desk: Desk,
    reads: Iterable[Read],
    action: Action,
    make: Callable[[Read, Capacity], list[Data]],
    *,
    strict: bool = False,
) -> Done:
    """Return on which claims an act was done, its events recorded, and which were left out.

    With `strict` nothing is left out: the first that cannot be raises `RuleViolationError`
    (`not_allowed`).
    """
    done = Done()
    for read in reads:
        found = why_not(desk, read, action)
        made: list[Data] = [] if isinstance(found, Text) else make(read, found)
        why = found if isinstance(found, Text) else find_hindrance(read, made)
        if why is None and action == "clear":
            why = find_shortfall(desk, read.claim)
        if why is None:
            desk.append(read, made)
            done.reads.append(read)
        elif strict:
            raise refuse([LeftOut(read.claim.claim, why)])
        else:
            done.left_out.append(LeftOut(read.claim.claim, why))
    return done


def find_hindrance(read: Read, made: Iterable[Data]) -> Text | None:
    """Return why the first event of a claim may not follow what is there."""
    first = next(one for one in made if isinstance(one, ClaimData | ClaimStep))
    return find_obstacle(read.claim, first, read.claim.enterprise)


def refuse_all(
    code: str, what: Text, left_out: Sequence[LeftOut], waiting: tuple[State, str]
) -> RuleViolationError:
    """Return the refusal of an act on a list of which no claim is left, with why the first ones.

    `waiting` are the state and the programme of the claims that it would have been on.
    """
    shown, (state, programme) = left_out[:TOLD_MAX], waiting
    zh = "；".join(f"{one.claim}：{one.why.zh}" for one in shown)
    en = "; ".join(f"{one.claim}: {one.why.en}" for one in shown)
    listed = f"suanquan claim list --programme {programme} --state {state}"
    return RuleViolationError(
        code,
        Text(what.zh + (f"（{zh}）" if zh else ""), what.en + (f" ({en})" if en else "")),
        Text(f"见 {listed}", f"see {listed}"),
    )


def refuse(left_out: Sequence[LeftOut]) -> RuleViolationError:
    """Return the refusal of an act on claims that were named, with why of the first ones."""
    shown = left_out[:TOLD_MAX]
    options = " ".join(f"--claim {one.claim}" for one in shown)
    return RuleViolationError(
        "not_allowed",
        Text(
            "；".join(f"申请 {one.claim}：{one.why.zh}" for one in shown),
            "; ".join(f"{one.claim}: {one.why.en}" for one in shown),
        ),
        Text(f"请去掉 {options}，或先处理该申请", f"leave {options} out, or see to it first"),
    )
