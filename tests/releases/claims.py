"""Claims of a kept ledger: handed in, checked, noticed, paid and clawed back, by an office.

Everything goes through the command line of the version that makes the ledger, in this process: its
clock is set, since a notice begins no earlier than it is given and takes days to end.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.codec import Event, encode
from ledger.events import ClaimDrafted, Data, TokenIssued
from ledger.money import render_yuan
from ledger.period import parse_instant
from ledger.roster import digest_of
from portal import acting
from portal.commands import claim_commands, user_commands
from tests.ledger import people
from tests.portal.desks import answer
from tests.small_ledger import SALT, events, invoice_number

FIRM: Final = "91420100MA4KGJ3R4X"
FIRM_NAME: Final = "武汉某软件有限公司"
INVOICES: Final = range(1, 12)
STRANGE: Final = "91420100MA4K2XY180"
BASIS: Final = "鄂科技通〔2023〕2号"

_ONE: Final = """
    invoice       {n} K-1 2023-02-{n:02} 60000 3396.23 2023-01-{n:02} 2023-01-{n:02}
    payment       {n} 2023-02-{paid} 60000
"""
PAPERS: Final = f"""
    enterprise    420100 {FIRM_NAME}
    fact          sales_fen 2022 15000000000
    declaration   2023
    qualification high_tech_enterprise 2021-11-15
    contract      K-1 2022-12-01 2023-12-31 0.06 a100=12.50/card_hour
    {"".join(_ONE.format(n=number, paid=number + 10) for number in INVOICES)}
    corrected     8 K-1 2023-02-08 50000 2830.19 2023-01-08 2023-01-08
    repaid        P-8-2023-02-18 8 2023-02-18 50000
    amended       K-1 2023-06-01 2024-06-30 500000 a100=11/card_hour
"""
# One paid claim's invoice is reversed in part, and the provider pays that back.
REVERSED: Final = """
    red           901 1 2023-04-01 10000 566.04
    back          P-1-2023-02-11 1 2023-04-02 10000
"""
USAGE: Final = "\n".join(
    f"usage a100 200 2023-01-{number:02}T00:00 2023-01-{number + 1:02}T00:00 K-1"
    for number in INVOICES
)

_STAFF: Final[tuple[tuple[str, str, str], ...]] = (
    ("task-1", "task_force", "hubei"),
    ("task-2", "task_force", ""),
    ("authority-1", "authority", "hubei"),
    ("finance-1", "finance", "hubei"),
    ("auditor-1", "auditor", ""),
)

_CLAWBACK: Final[dict[str, Any]] = {"amount_fen": 300_000, "document": "追字1号"}

# One of the time before `claim draft`, written below the desk: its content says nothing.
DRAFT: Final = ClaimDrafted(
    claim="SQ-2023-9",
    revision=1,
    acted_at=people.AT,
    programme="hubei",
    year=2023,
    effective_on="2023-03-01",
    sizes={"usage": 1, "book": 1},
    rules="6" * 64,
    actor="task-1",
    content="{}",
    assisted=True,
)


def invited() -> list[Data]:
    """Return that the two administrators have tokens of their own, which the office works with."""
    return [
        TokenIssued(
            at=people.AT,
            person=one,
            token_sha256=digest_of(f"kept-{one}"),
            expires_at="2099-01-01T00:00:00Z",
            issued_by=one,
        )
        for one in ("a", "b")
    ]


class Office:
    """People with tokens, on the home that is being made, and the day that it is for them."""

    def __init__(self, environment: dict[str, str], scratch: Path) -> None:
        self.today = "2023-02-28"
        self._environment = environment
        self._scratch = scratch
        self._tokens = {one: f"kept-{one}" for one in ("a", "b")}

    def ask(self, who: str, *words: str) -> dict[str, Any]:
        """Return what a command answers to somebody, or to the machine."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._environment.items():
                patch.setenv(name, value)
            for module in (acting, claim_commands, user_commands):
                patch.setattr(module, "now_ms", self._at_ms)
            found: dict[str, Any] = answer(self._tokens.get(who, ""), *words)
        assert "error" not in found, found
        return found

    def file(self, value: object) -> str:
        """Return the path of a file that holds a value, as text or as JSON."""
        path = self._scratch / "request"
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        path.write_text(text, "utf-8")
        return str(path)

    def hire(self) -> None:
        """Give everybody an account and a token of his own."""
        for name, role, scope in _STAFF:
            where = ("--programme", scope) if scope else ()
            for administrator in "ab" if role in {"authority", "finance"} else "a":
                made = self.ask(administrator, "user", "add", name, "--role", role, *where)
            self._tokens[name] = made["token"]
            asked = self.ask(name, "user", "token", "--days", "365")
            self._tokens[name] = asked["token"]

    def submit(self, number: int) -> str:
        """Return the id of a claim on an invoice, which the task force hands in for the firm."""
        invoices = [invoice_number(str(number))]
        asked = {"enterprise": FIRM, "programme": "hubei", "invoices": invoices}
        name: str = self.ask("task-1", "claim", "submit", "--file", self.file(asked))["id"]
        return name

    def act(self, who: str, claim: str, action: str, **said: Any) -> None:  # noqa: ANN401
        """Do an act on a claim."""
        self.ask(who, "claim", "act", claim, action, "--file", self.file(said))

    def check(self, claim: str) -> None:
        """Conclude the first review of a claim: every item is met."""
        items = self.ask("task-2", "claim", "check", claim)["items"]
        marks = [{"item": one["item"], "verdict": "met", "reason": "已核对原件"} for one in items]
        self.act("task-2", claim, "check", items=marks)

    def notice(self, *claims: str) -> None:
        """Give public notice of claims, from the next day."""
        chosen = [word for claim in claims for word in ("--claim", claim)]
        self.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS, *chosen)

    def order(self, results: dict[str, tuple[str, str]]) -> None:
        """Order all that was cleared, and record what the bank made of some: result and reason."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("指令编号", "处理结果", "银行流水号", "金额", "失败原因"))
        rows = self.ask("finance-1", "payment", "order", "hubei")["rows"]
        for number, row in enumerate(row for row in rows if row["claim"] in results):
            result, reason = results[row["claim"]]
            amount = render_yuan(row["amount_fen"])
            writer.writerow((row["order"], result, f"B-{number}", amount, reason))
        path = self._scratch / "answer.csv"
        path.write_text(text.getvalue(), "utf-8")
        self.ask("finance-1", "payment", "results", str(path))

    def _at_ms(self) -> int:
        return parse_instant(f"{self.today}T10:00:00+08:00")


def play(office: Office, append: Callable[[list[Event]], object]) -> None:
    """Bring claims into every state that a claim can be in."""
    office.hire()
    office.ask("a", "calendar", "adopt", "2023")
    account = {"holder": FIRM_NAME, "bank": "工商银行", "number": "4200000011112222"}
    path = office.file(account)
    office.ask("task-1", "enterprise", "bank-account", FIRM, "--file", path)
    words = ("--evidence", path, "--reason", "营业执照如此")
    office.ask("task-1", "enterprise", "accept-code", STRANGE, *words)
    append([encode("urn:suanquan:claims", "draft", FIRM, DRAFT, SALT)])

    office.today = "2023-03-01"
    claims = [office.submit(number) for number in INVOICES]
    paid, failed, ordered, objected, cleared, approved, checked, *others = claims
    lapsed, withdrawn, _, returned = others
    office.today = "2023-03-02"
    office.act("task-1", withdrawn, "withdraw", reason="重报")
    remark = {"items": [{"item": "payments", "reason": "缺银行回单"}]}
    office.act("task-2", lapsed, "return", **remark)
    for claim in (paid, failed, ordered, objected, cleared, approved):
        office.check(claim)
        office.act("authority-1", claim, "approve", document="鄂科技批〔2023〕1号")
    office.check(checked)
    office.notice(paid, failed, ordered)

    office.today = "2023-03-06"
    objector = {"name": "李四", "phone": "13800002222", "address": "武汉市江夏区"}
    objection = {"matter": "合同虚假", "objector": objector}
    office.act("authority-1", ordered, "object", objection="YY-1", **objection)
    settled = {"outcome": "dismissed", "reason": "查无实据", "document": "复函1号"}
    office.act("authority-1", ordered, "settle", objection="YY-1", **settled)
    office.today = "2023-03-15"
    office.ask("authority-1", "notice", "clear")
    office.notice(objected, cleared)
    office.today = "2023-03-17"
    office.act("authority-1", objected, "object", objection="YY-2", **objection)
    office.order({paid: ("成功", ""), failed: ("失败", "户名不符")})

    append(events(REVERSED, FIRM))
    office.today = "2023-04-10"
    office.act("authority-1", paid, "assess", **_CLAWBACK, reason="发票红冲")
    office.act("finance-1", paid, "recover", **_CLAWBACK, bank_reference="B-9")
    office.act("finance-1", paid, "close", document="归档1号")
    office.today = "2024-02-20"
    office.ask("", "claim", "tick")
    office.act("task-2", returned, "return", **remark)
    shown = office.ask("auditor-1", "claim", "list", "--limit", "100")["rows"]
    states = {one["id"]: one["state"] for one in shown}
    assert [states[one] for one in claims] == [
        *("closed", "failed", "ordered", "objected", "cleared", "approved", "checked"),
        *("lapsed", "withdrawn", "submitted", "returned"),
    ]
