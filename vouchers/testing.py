"""Cases for tests of rules, in one readable line each.

    from vouchers.testing import case

    claim = case(2022).qualified("high_tech_enterprise", since="2021-11-15").paid("100000.00")
    assert decide(PROGRAMME, claim.build()).amount_fen == 3_000_000

Money is text in yuan and a day is text, as in a document. What a test does not say is known and
innocent, so that a rule answers: an enterprise in Wuhan with sales of CNY 1,000,000 in the year
before, no status, no tax zone, no other public money, nothing bad declared; one purchase of
accelerator compute for CNY 100,000, signed in March, served until June, invoiced and paid in July,
applied for on the first of November. `unknown` takes a fact away.

A builder never changes: each method returns another one, so that one claim serves many tests.
"""

import json
import re
from typing import Any, Final, NoReturn, Self

from msgspec import Struct
from msgspec.structs import replace

from ledger.errors import InvalidInputError
from ledger.money import parse_yuan
from ledger.text import Text
from vouchers.case import Case, Declarations, parse_case
from vouchers.decision import Decision
from vouchers.spelling import find_nearest

_STEP: Final = re.compile(r"\.?([A-Za-z_]\w*)|\[([0-9]+)\]", re.ASCII)
_SPENT: Final = "100000.00"
_SALES_FEN: Final = 100_000_000

Facts = dict[str, Any]


def case(year: int = 2022) -> "CaseBuilder":
    """Return a complete case of one year, to which a test adds what it is about."""
    return CaseBuilder(year)


def codes(decision: Decision) -> list[str]:
    """Return the codes of a decision's reasons, in order."""
    return [reason.code for reason in decision.reasons]


class CaseBuilder(Struct, frozen=True):
    """A case in the making; its methods say what differs from a plain one.

    Those about a purchase are about the last one: `and_bought` begins another.
    """

    year: int
    said: tuple[tuple[str, Any], ...] = ()
    purchases: tuple[Facts, ...] = ({},)
    put: tuple[tuple[str, Any], ...] = ()
    gone: tuple[str, ...] = ()

    # --- the enterprise ---

    def registered(self, region: str) -> Self:
        """Return the case of an enterprise registered in a region: six digits of GB/T 2260."""
        return self._say("registered_region", region)

    def named(self, name: str, credit_code: str) -> Self:
        """Return the case of the enterprise of this name and credit code."""
        said = (("name", name), ("credit_code", credit_code))
        return replace(self, said=(*self.said, *said))

    def qualified(
        self,
        kind: str,
        *,
        since: str | None = None,
        until: str | None = None,
        recognised_by: str | None = None,
    ) -> Self:
        """Return the case with one status more, valid on all days but for the edges given."""
        held = {"kind": kind, "from": since, "to": until, "recognised_by": recognised_by}
        return self._say("qualifications", held)

    def domiciled(self, zone: str, *, since: str | None = None, until: str | None = None) -> Self:
        """Return the case with one tax domicile more, for all days but for the edges given."""
        return self._say("tax_domicile", {"zone": zone, "from": since, "to": until})

    def sold(self, yuan: str, *, year: int) -> Self:
        """Return the case with the sales of a year."""
        return self.counted("sales_fen", _parse_fen(yuan), year=year)

    def counted(self, name: str, value: int, *, year: int) -> Self:
        """Return the case with a numeric fact of a year, in the unit that its name says."""
        return self._say("facts", {"name": name, "year": year, "value": value})

    # --- the purchase ---

    def bought(self, resource_kind: str) -> Self:
        """Return the case with a purchase of this kind of resource."""
        return self._buy(resource_kind=resource_kind)

    def and_bought(self, resource_kind: str = "accelerator") -> Self:
        """Return the case with another purchase, which the methods that follow are about."""
        return replace(self, purchases=(*self.purchases, {"resource_kind": resource_kind}))

    def signed(self, on: str) -> Self:
        """Return the case with a contract signed on a day."""
        return self._buy(signed_on=on)

    def served(self, first: str, last: str) -> Self:
        """Return the case with a service of these days, completed on the last."""
        return self._buy(service_from=first, service_to=last, completed_on=last)

    def invoiced(self, yuan: str, *, tax: str = "0.00", on: str | None = None) -> Self:
        """Return the case with an invoice over an amount, the tax in it included."""
        amounts = {"invoiced_fen": _parse_fen(yuan), "tax_fen": _parse_fen(tax)}
        return self._buy(**amounts, **({} if on is None else {"invoiced_on": on}))

    def paid(self, yuan: str, *, on: str | None = None) -> Self:
        """Return the case with one payment more; where no invoice is said, all of them make one."""
        payment = {"paid_on": on or f"{self.year}-07-10", "amount_fen": _parse_fen(yuan)}
        return self._buy(payments=(*self.purchases[-1].get("payments", ()), payment))

    def unpaid(self) -> Self:
        """Return the case of an invoice on which nothing is paid."""
        return self._buy(payments=())

    def for_project(self, project: str) -> Self:
        """Return the case with a purchase for an R&D project."""
        return self._buy(project=project)

    def refunded_by(self, *programmes: str) -> Self:
        """Return the case with a purchase on which these programmes have paid before."""
        return self._buy(refunded_by=programmes)

    # --- what else there is ---

    def had(
        self, programme: str, *, year: int, claimed: str = "0.00", redeemed: str = "0.00"
    ) -> Self:
        """Return the case with what was had of a programme's voucher in a year."""
        amounts = {"claimed_fen": _parse_fen(claimed), "redeemed_fen": _parse_fen(redeemed)}
        return self._say("earlier", {"programme": programme, "year": year, **amounts})

    def funded(self, scope: str, ref: str, *, level: str, year: int) -> Self:
        """Return the case with other public money for the enterprise, a project or a contract."""
        money = {"scope": scope, "ref": ref, "level": level, "year": year}
        return self._say("other_funding", money)

    def declared(self, **answers: bool) -> Self:
        """Return the case with declarations, such as `related_party=True`."""
        return self._say("declarations", answers)

    def applied(self, on: str) -> Self:
        """Return the case of an application on a day."""
        return self._say("apply_on", on)

    def with_fact(self, path: str, value: object) -> Self:
        """Return the case with any key of a case file, such as `purchases[0].metered_fen`."""
        return replace(self, put=(*self.put, (path, value)))

    def unknown(self, path: str) -> Self:
        """Return the case without the fact at a path, such as `purchases[0].signed_on`."""
        return replace(self, gone=(*self.gone, path))

    # --- the case ---

    def build(self) -> Case:
        """Return the case. Raises `InvalidInputError` for what a case file could not say either."""
        return parse_case(self.write())

    def write(self) -> bytes:
        """Return the case file."""
        facts = self._complete()
        for path, value in self.put:
            at, last = _find(facts, path)
            at[last] = value
        for path in self.gone:
            at, last = _find(facts, path)
            if not _has(at, last):
                _refuse_path(path, last, at)
            del at[last]
        return json.dumps(facts, ensure_ascii=False, indent=2).encode()

    def _say(self, key: str, value: object) -> Self:
        return replace(self, said=(*self.said, (key, value)))

    def _buy(self, **facts: object) -> Self:
        last = {**self.purchases[-1], **facts}
        return replace(self, purchases=(*self.purchases[:-1], last))

    def _every(self, key: str) -> list[Any]:
        return [value for name, value in self.said if name == key]

    def _last(self, key: str, default: object) -> object:
        return next(iter(self._every(key)[::-1]), default)

    def _complete(self) -> Facts:
        """Return the facts of the case file, what was not said filled in."""
        apply_on = str(self._last("apply_on", f"{self.year}-11-01"))
        declarations: Facts = dict.fromkeys(Declarations.__struct_fields__, False)
        for answers in self._every("declarations"):
            declarations.update(answers)
        return {
            "enterprise": {
                "credit_code": self._last("credit_code", "91420100MA4K2XY18X"),
                "name": self._last("name", "某企业"),
                "registered_region": self._last("registered_region", "420100"),
                "tax_domicile": self._every("tax_domicile"),
                "qualifications": self._every("qualifications"),
                "facts": self._complete_numbers(apply_on),
            },
            "purchases": [self._complete_purchase(*one) for one in enumerate(self.purchases, 1)],
            "earlier": self._every("earlier"),
            "other_funding": self._every("other_funding"),
            "declarations": declarations,
            "apply_on": apply_on,
        }

    def _complete_numbers(self, apply_on: str) -> list[Facts]:
        """Return the numeric facts, with sales of the year before where none are said."""
        said = {(one["name"], one["year"]): one for one in self._every("facts")}
        if not any(name == "sales_fen" for name, _ in said) and apply_on[:4].isdigit():
            year = int(apply_on[:4]) - 1
            said["sales_fen", year] = {"name": "sales_fen", "year": year, "value": _SALES_FEN}
        return list(said.values())

    def _complete_purchase(self, number: int, said: Facts) -> Facts:
        payments = said.get("payments", ())
        spent_fen = sum(one["amount_fen"] for one in payments) or _parse_fen(_SPENT)
        invoiced_fen = said.get("invoiced_fen", spent_fen)
        year = self.year
        return {
            "contract": f"C-{number}",
            "project": f"P-{number}",
            "signed_on": f"{year}-03-01",
            "contract_fen": invoiced_fen,
            "service_from": f"{year}-03-01",
            "service_to": f"{year}-06-30",
            "completed_on": f"{year}-06-30",
            "resource_kind": "accelerator",
            "invoice": f"{year % 100:02d}4200000000000000{number:02d}",
            "invoiced_on": f"{year}-07-01",
            "invoiced_fen": invoiced_fen,
            "tax_fen": 0,
            "payments": [{"paid_on": f"{year}-07-10", "amount_fen": invoiced_fen}],
            "metered_fen": invoiced_fen,
            "provider": "91420100MA49P8T68D",
            **said,
        }


def _parse_fen(yuan: str) -> int:
    """Return the fen of yuan written as text; a number would have lost what it was written as."""
    if not isinstance(yuan, str):
        raise InvalidInputError(
            "bad_yuan",
            Text(f"金额 {yuan!r} 不是文字", f"{yuan!r} is a number"),
            Text('请写成 "100000.00"，单位为元', 'write yuan as text, such as "100000.00"'),
        )
    return parse_yuan(yuan)


def _find(facts: Facts, path: str) -> tuple[Any, str | int]:
    """Return the object or array in which a path ends, and the key or position there."""
    steps = [int(index) if index else name for name, index in _STEP.findall(path)]
    at: Any = facts
    for step in steps[:-1]:
        if not _has(at, step):
            _refuse_path(path, step, at)
        at = at[step]
    return at, steps[-1] if steps else ""


def _has(at: object, step: str | int) -> bool:
    """Return whether an object has a key, or an array a position."""
    if isinstance(at, dict):
        return step in at
    return isinstance(at, list) and isinstance(step, int) and step < len(at)


def _refuse_path(path: str, step: str | int, at: object) -> NoReturn:
    known = list(at) if isinstance(at, dict) else []
    near = find_nearest(str(step), known) or ", ".join(known) or "0"
    raise InvalidInputError(
        "unknown_path",
        Text(f"案例中没有 {path}", f"the case has no {path}"),
        Text(f"是否应为 {near}？", f"did you mean {near}?"),
    )
