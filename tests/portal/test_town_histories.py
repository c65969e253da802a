"""Random histories of commands on real databases: whatever people try, the laws of the town hold.

Every rule is something that people of any role try, lawful or not, by the functions under the
command line. After each the book's new entries are held to the laws; at the end the full check and
a replay have the last word. The last test counts what happened, lest the rules run dry.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.database import open_engine
from ledger.money import render_yuan
from ledger.read import read_events, read_heads
from tests.portal.furnished import Made, made_on_postgresql, made_on_sqlite
from tests.portal.town import (
    FIRMS,
    INVOICES_YUAN,
    LAST_DAY,
    OWNERS,
    PROGRAMMES,
    Refused,
    Town,
    fill,
    invoice_of,
)
from tests.portal.town_laws import Laws, hold_replay
from tests.small_ledger import invoice_number
from vouchers.claims.authorise import actions_of
from vouchers.claims.fold import Claim
from vouchers.claims.table import ACTIONS, Action

EXAMPLES: Final = {"sqlite": 28, "postgresql": 14}
STEPS: Final = 40

TURNS: Final = 0.3
"""How often a claim takes a turn that does not bring it on, where there is one."""

ONWARD: Final[frozenset[Action]] = frozenset(
    {"submit", "check", "approve", "notice", "settle", "clear", "order", "pay", "close"}
)

PEOPLE: Final = (
    *("task-1", "task-2", "authority-1", "authority-2", "finance-1", "finance-2"),
    *("both-1", "both-2", "both-3", "firm-1", "stranger-1", "auditor-1", "admin-1"),
)

HAPPENED: Final = (
    *("InvoiceReversed", "PaymentReversed", "BankAccountSet", "VoucherGranted", "VoucherLapsed"),
    *("VoucherReleased", "FundAppropriated", "FundTransferred", "FundClosed", "ClaimResubmitted"),
    *("refused not_allowed", "refused unknown_claim", "refused stale", "refused ineligible"),
    *("refused fund_exhausted", "refused invoice_claimed", "refused too_much"),
)
"""What has to happen in some history beside every act on a claim."""

# One number decides all that a rule draws; Hypothesis itself would draw most of it small.
chances = st.integers(0, 2**32 - 1).map(Random)


class Histories(RuleBasedStateMachine):
    """People of a town at their work."""

    made: Made
    census: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.town = Town(self.made, Path(self.folder.name))
        self.engine = open_engine(self.town.url, "audit")
        self.laws = Laws(self.census)
        self.serial = 0
        self.look()

    def teardown(self) -> None:
        """Hold the ledger to its own checks, and forget it."""
        try:
            checked = self.town.ask("auditor-1", "log", "check", "--full")
            hold_replay(checked, self.town.ask("auditor-1", "replay"))
            self.census["histories"] += 1
        finally:
            self.engine.dispose()
            self.town.close()
            self.folder.cleanup()

    # --- how anything is tried ---

    def look(self) -> None:
        """Take in what the book has now, and hold it to the laws."""
        with self.engine.connect() as connection:
            size = read_heads(connection)["book"].size
            for index, event in read_events(connection, "book", self.laws.size, size):
                self.laws.take(index, event)
            self.laws.hold(connection)

    def ask(self, who: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
        """Return what a command answers; what was refused has changed nothing."""
        size = self.laws.size
        answer = self.town.ask(who, *words)
        # Hypothesis prints these of a history that breaks a law.
        told = answer if isinstance(answer, Refused) else "done"
        asked = [one.read_text("utf-8") if isinstance(one, Path) else one for one in words]
        note(f"{self.town.today} {who}: {' '.join(map(str, asked))} -> {told}")
        self.look()
        if isinstance(answer, Refused):
            assert self.laws.size == size, answer
            self.census[f"refused {answer.code}"] += 1
        return answer

    def new(self, prefix: str) -> str:
        """Return a number that nothing else has."""
        self.serial += 1
        return f"{prefix}-{self.serial}"

    @property
    def claims(self) -> list[Claim]:
        """Return the claims in the order in which they came."""
        return [self.laws.history.claims[name] for name in self.laws.claims]

    def able(self, claim: Claim) -> list[tuple[str, Action]]:
        """Return who may do what on a claim now."""
        history = self.laws.history
        helpers = history.papers.helpers(claim)
        return [
            (who, action)
            for who in PEOPLE
            for action in actions_of(history.roster, who, claim, self.town.today, helpers)
        ]

    # --- rules ---

    @initialize(chance=chances)
    def begin(self, chance: Random) -> None:
        """Let every enterprise hand in two claims, and each of these go some way."""
        for code in (*FIRMS, *FIRMS):
            self.hand_in(chance, code, OWNERS[code])
        for claim in self.claims:
            self.go(chance, claim.claim, chance.randrange(4, 24))

    def hand_in(
        self,
        chance: Random,
        code: str,
        who: str,
        claim: Claim | None = None,
        action: Action = "submit",
    ) -> None:
        """Let somebody hand a claim in or save its draft, for all that is due or for less."""
        firm = list(FIRMS).index(code) + 1
        places = chance.sample(range(len(INVOICES_YUAN)), chance.choice((1, 1, 1, 2, 3)))
        asked: dict[str, Any] = {
            "enterprise": code,
            "programme": chance.choice(PROGRAMMES) if claim is None else claim.programme,
            "invoices": [invoice_of(firm, place) for place in places],
        }
        if chance.random() < 0.4:
            asked["asked_fen"] = chance.choice((1, 150_000, 3_000_000, 9_000_000, 20_000_000))
        if chance.random() < 0.3:
            asked["request"] = self.new("R")
        if claim is not None:
            asked["claim"] = claim.claim
        self.ask(who, "claim", action, "--file", self.town.file(asked))

    @rule(chance=chances)
    def somebody_hands_in(self, chance: Random) -> None:
        """A claim, on invoices that may be held or gone."""
        code = chance.choice(list(FIRMS))
        who = chance.choice((OWNERS[code], "task-2", chance.choice(PEOPLE)))
        self.hand_in(chance, code, who, action=chance.choice(("submit", "submit", "draft")))

    @precondition(lambda self: self.claims)
    @rule(chance=chances, steps=st.integers(1, 8))
    def a_claim_goes_its_way(self, chance: Random, steps: int) -> None:
        """The same claim, so many steps: mostly on, each by somebody who may."""
        self.go(chance, chance.choice(self.claims).claim, steps)

    def go(self, chance: Random, name: str, steps: int) -> None:
        """Let a claim go some steps, the last of them where nothing brings it on any more."""
        for _ in range(steps):
            claim = self.laws.history.claims[name]
            if claim.state == "noticed":
                self.wait(chance, claim)
            elif claim.state == "returned" and chance.random() < 0.2:
                self.end_year()
            able = self.able(claim)
            onward = sorted({action for _, action in able} & ONWARD)
            aside = sorted({action for _, action in able} - ONWARD)
            if not able:
                return
            # Few histories come as far as an order: from there both ways are as likely.
            often = 0.5 if "fail" in aside else TURNS
            turns = not onward or (aside and chance.random() < often)
            # What this history has had least of, lest most of them never come to it.
            action = min(
                aside if turns else onward,
                key=lambda act: (self.laws.acts[act], chance.random()),
            )
            who = chance.choice([one for one, may in able if may == action])
            self.do(chance, who, action, claim)
            if not onward:
                return

    def wait(self, chance: Random, claim: Claim) -> None:
        """Let a notice end, or somebody object to it, or clear it before the time."""
        assert claim.noticed is not None
        if chance.random() < 0.4:
            self.do(chance, chance.choice(("authority-2", "both-2", "both-3")), "clear", claim)
        elif chance.random() < 0.3:
            self.let_days_pass(claim.noticed.first_day, 0)
            able = [who for who, action in self.able(claim) if action == "object"]
            if able:
                self.do(chance, chance.choice(able), "object", claim)
        else:
            self.let_days_pass(claim.noticed.last_day)

    @precondition(lambda self: self.claims)
    @rule(chance=chances)
    def somebody_meddles(self, chance: Random) -> None:
        """Anybody tries anything on any claim."""
        action = chance.choice([one for one in ACTIONS if one != "lapse"])
        self.do(chance, chance.choice(PEOPLE), action, chance.choice(self.claims))

    @rule(chance=chances)
    def a_list_is_worked_through(self, chance: Random) -> None:
        """Notices, clearing, orders and the bank's answer, of a programme."""
        programme, who = chance.choice(PROGRAMMES), chance.choice(PEOPLE[2:])
        match chance.choice(("draw", "clear", "order", "answer")):
            case "draw":
                self.ask(who, "notice", "draw", programme, "--basis", "1号")
            case "clear":
                self.ask(who, "notice", "clear")
            case "order":
                self.ask(who, "payment", "order", programme)
            case _:
                self.answer_of_the_bank(chance, who)

    def answer_of_the_bank(self, chance: Random, who: str) -> None:
        """Record what a bank says of the orders under way, some of it wrong."""
        rows = [("指令编号", "处理结果", "银行流水号", "金额", "失败原因")]
        for one in self.claims:
            if one.order is not None and chance.random() < 0.8:
                fen = one.amount_fen + (chance.random() < 0.1)
                paid = chance.random() < 0.7
                said = ("成功", self.new("B"), "") if paid else ("失败", "", "账户已销户")
                result, reference, why = said
                yuan = render_yuan(fen).replace(",", "")
                rows.append((one.order.order, result, reference, yuan, why))
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        path = self.town.folder / "answer.csv"
        path.write_text(written.getvalue(), "utf-8")
        partial = ["--partial"] if chance.random() < 0.5 else []
        self.ask(who, "payment", "results", path, *partial)

    @rule(chance=chances)
    def papers_change(self, chance: Random) -> None:
        """A red invoice, money that came back, another account, a voucher taken out."""
        code = chance.choice(list(FIRMS))
        firm, place = list(FIRMS).index(code) + 1, chance.randrange(len(INVOICES_YUAN))
        who = chance.choice((OWNERS[code], "task-2", chance.choice(PEOPLE)))
        yuan = INVOICES_YUAN[place]
        fen = chance.choice((1, 1_000_000, yuan * 50, yuan * 100))
        number, papers = invoice_of(firm, place), {"enterprise": {"credit_code": code}}
        match chance.choice(("red", "back", "account", "voucher", "voucher")):
            case "red":
                self.serial += 1
                red = {
                    "red_invoice": invoice_number(f"9{firm}{self.serial:04}"),
                    "invoice": number,
                    "issued_on": self.town.today,
                    "amount_fen": fen,
                    "tax_fen": fen * 6 // 106,
                }
                self.ask(
                    who, "paper", "add", "--file", self.town.file({**papers, "red_invoices": [red]})
                )
            case "back":
                month = f"{8 + place:02}"
                back = {
                    "reversal": self.new("T"),
                    "payment": f"P-{number}-2022-{month}-10",
                    "invoice": number,
                    "reversed_on": self.town.today,
                    "amount_fen": fen,
                    "reason": "退款",
                }
                self.ask(
                    who, "paper", "add", "--file", self.town.file({**papers, "reversals": [back]})
                )
            case "account":
                self.serial += 1
                account = {"holder": FIRMS[code], "bank": "x", "number": f"62{self.serial:08}"}
                path = self.town.file(account)
                self.ask(who, "enterprise", "bank-account", code, "--file", path)
            case _:
                programme = chance.choice(PROGRAMMES)
                self.ask(who, "voucher", "grant", code, "--programme", programme)

    @rule(chance=chances)
    def money_moves(self, chance: Random) -> None:
        """A budget, a transfer, a year's end."""
        fund, year = chance.choice(PROGRAMMES), chance.choice((2022, 2022, 2022, 2023))
        who = chance.choice(("finance-2", "both-3", chance.choice(PEOPLE)))
        paper = ("--year", year, "--on", self.town.today, "--document", self.new("D"))
        yuan = chance.choice((1, 20_000, 80_000))
        match chance.choice(("appropriate", "appropriate", "transfer", "transfer", "close")):
            case "appropriate":
                self.ask(who, "fund", "appropriate", fund, "--amount", yuan, *paper)
            case "transfer":
                other = chance.choice(PROGRAMMES)
                self.ask(who, "fund", "transfer", fund, "--to", other, "--amount", yuan, *paper)
            case _:
                self.ask(who, "fund", "close", fund, *paper)

    @rule(days=st.sampled_from((0, 1, 3, 9, 30)))
    def a_day_begins(self, days: int) -> None:
        """The scheduler does what is due."""
        self.let_days_pass(self.town.today, days)
        self.ask("", "claim", "tick")

    @precondition(lambda self: any(claim.state == "returned" for claim in self.claims))
    @rule()
    def a_year_ends(self) -> None:
        """What was returned, and nobody mended, lapses."""
        self.end_year()

    def end_year(self) -> None:
        """Let the first days of the next year come, and what is due with them."""
        self.let_days_pass("2023-01-03", 0)
        self.ask("", "claim", "tick")

    def let_days_pass(self, since: str, days: int = 1) -> None:
        """Set the clock some days after a day, unless it shows a later one, or tokens expire."""
        to = (date.fromisoformat(since) + timedelta(days)).isoformat()
        if self.town.today < to <= LAST_DAY:
            self.town.today = to

    # --- an act on one claim ---

    def do(self, chance: Random, who: str, action: Action, claim: Claim) -> None:
        """Let somebody try an act."""
        name = claim.claim
        if action in ("submit", "draft"):
            self.hand_in(chance, claim.enterprise, who, claim, action)
        elif action == "notice":
            basis = ("--basis", "1号", "--claim", name)
            self.ask(who, "notice", "draw", claim.programme, *basis)
        elif action == "order":
            self.ask(who, "payment", "order", claim.programme, "--claim", name)
        else:
            request = self.request(chance, who, action, claim)
            file = () if request is None else ("--file", self.town.file(request))
            seen = ("--seen", claim.events) if chance.random() < 0.3 else ()
            self.ask(who, "claim", "act", name, action, *file, *seen)
            if seen:
                self.ask(who, "claim", "act", name, action, *file, *seen)

    def request(self, chance: Random, who: str, action: Action, claim: Claim) -> Any:  # noqa: ANN401 - JSON
        """Return what an act asks for, None where that is nothing."""
        if action == "check":
            return {"items": self.marks(chance, who, claim)}
        fen = chance.choice((1, 100_000, 1_000_000, max(claim.amount_fen, 1)))
        back_fen = chance.choice((fen, max(claim.receivable_fen, 1)))
        of: dict[str, object] = {"amount_fen": fen}
        if claim.invoices and claim.stage != "payment" and chance.random() < 0.5:
            of = {"invoice": chance.choice(claim.invoices), "base_cut_fen": fen}
        outcome = chance.choice(({}, {"outcome": "upheld"}, {"outcome": "upheld", "cut_fen": fen}))
        objection = next(iter(claim.open_objections), "none")
        somebody = {"name": "某人", "phone": "1", "address": "某处"}
        paper = {"document": "撤1号"} if claim.stage == "payment" else {}
        said: dict[str, Any] = {
            "cut": {"cuts": [{**of, "reason": "含存储费用"}], **paper},
            "return": {"items": [{"item": "documents", "reason": "缺回单"}]},
            "reject": {"reason": "重报", **paper},
            "withdraw": {"reason": "重报"},
            "object": {"objector": somebody, "matter": "已获其他补贴"},
            "settle": {"objection": objection, "outcome": "dismissed", "reason": "x", **outcome},
            "pay": {"bank_reference": self.new("B")},
            "fail": {"reason": "账户已销户"},
            "assess": {"amount_fen": fen, "document": "追1号", "reason": "红冲"},
            "recover": {"amount_fen": back_fen, "document": "1", "bank_reference": self.new("B")},
        }
        return said.get(action)

    def marks(self, chance: Random, who: str, claim: Claim) -> list[dict[str, str]]:
        """Return what a reviewer finds: nearly always that every item is met."""
        listed = self.ask(who, "claim", "check", claim.claim)
        items = [] if isinstance(listed, Refused) else listed["items"]
        verdict = "met" if chance.random() < 0.9 else "not_met"
        return [{"item": one["item"], "verdict": verdict, "reason": "已核对原件"} for one in items]


# --- played ---


def play(made: Made, census: Counter[str], examples: int, *, soaking: bool = False) -> None:
    """Play histories of a town, the same each time unless it is soaked, and count what happened.

    A history that breaks a law is made short where it is soaked, which takes minutes.
    """

    machine = type("Played", (Histories,), {"made": made, "census": census})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            derandomize=not soaking,
            phases=tuple(Phase) if soaking else (Phase.generate,),
            # Each history draws and keeps much; that is what it is for.
            suppress_health_check=list(HealthCheck),
        ),
    )


class Played(NamedTuple):
    """A kind of database, the town on it, and what happened there."""

    kind: str
    made: Made
    census: Counter[str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """Yield a town that the tests of this module share, on each kind of database."""
    folder = tmp_path_factory.mktemp("town")
    if request.param == "sqlite":
        opened = made_on_sqlite(folder, fill)
    else:
        opened = made_on_postgresql(request.getfixturevalue("postgres_url"), folder, fill)
    with opened as made:
        yield Played(request.param, made, Counter())


def test_whatever_people_try_the_laws_of_the_town_hold(town: Played) -> None:
    play(town.made, town.census, EXAMPLES[town.kind])


def test_the_histories_get_everywhere(town: Played) -> None:
    if town.census["histories"] < EXAMPLES[town.kind]:
        pytest.skip("counted over all histories: run the whole file")
    done = {what.removeprefix("act ") for what in town.census if what.startswith("act ")}
    assert done == set(ACTIONS)
    assert set(HAPPENED) - set(town.census) == set()
