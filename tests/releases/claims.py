"""Claims of a kept ledger: handed in, checked, noticed, paid and clawed back, by an office.

Everything goes through the command line of the version that makes the ledger. Officials say which
day counts, so that nothing but the instants of their acts is of the day on which it is made.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ledger.codec import Event, encode
from ledger.events import ClaimDrafted, Data, TokenIssued
from ledger.roster import digest_of
from tests.ledger import people
from tests.small_ledger import SALT, events, invoice_number

FIRM: Final = "91420100MA4KGJ3R4X"
FIRM_NAME: Final = "武汉某软件有限公司"
INVOICES: Final = range(1, 9)
WRONG: Final = "91420100MA4K2XY180"
BASIS: Final = "鄂科技通〔2023〕2号"

_ONE: Final = """
    invoice       {n} K-1 2023-02-0{n} 60000 3396.23 2023-01-0{n} 2023-01-0{n}
    payment       {n} 2023-02-1{n} 60000
"""
PAPERS: Final = f"""
    enterprise    420100 {FIRM_NAME}
    fact          sales_fen 2022 15000000000
    declaration   2023
    qualification high_tech_enterprise 2021-11-15
    contract      K-1 2022-12-01 2023-12-31 0.06 a100=12.50/card_hour
    {"".join(_ONE.format(n=number) for number in INVOICES)}
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
    f"usage a100 200 2023-01-0{number}T00:00 2023-01-0{number + 1}T00:00 K-1" for number in INVOICES
)

_STAFF: Final[tuple[tuple[str, str, str], ...]] = (
    ("task-1", "task_force", "hubei"),
    ("task-2", "task_force", ""),
    ("authority-1", "authority", "hubei"),
    ("finance-1", "finance", "hubei"),
    ("auditor-1", "auditor", ""),
)

_CLAWBACK: Final[dict[str, Any]] = {"amount_fen": 300_000, "document": "追字1号"}

# No command writes drafts yet; they were for the portal that comes.
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
)

Run = Callable[..., dict[str, Any]]


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
    """People with tokens, on the home that is being made."""

    def __init__(self, run: Run, scratch: Path) -> None:
        self._run = run
        self._scratch = scratch
        self._tokens = {one: f"kept-{one}" for one in ("a", "b")}

    def ask(self, who: str, *words: str) -> dict[str, Any]:
        """Return what a command answers to somebody, or to the machine."""
        return self._run(*words, token=self._tokens.get(who, ""))

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
            self._tokens[name] = self.ask(name, "user", "token")["token"]

    def submit(self, number: int, **said: Any) -> str:  # noqa: ANN401 - what a claim says
        """Return the id of a claim on an invoice, which the task force hands in for the firm."""
        invoices = [invoice_number(str(number))]
        asked = {"enterprise": FIRM, "programme": "hubei", "invoices": invoices, **said}
        words = ("--file", self.file(asked), "--on", "2023-03-01")
        name: str = self.ask("task-1", "claim", "submit", *words)["id"]
        return name

    def act(self, who: str, claim: str, action: str, day: str, **said: Any) -> None:  # noqa: ANN401
        """Do an act on a claim."""
        request = ("--file", self.file(said)) if said else ()
        self.ask(who, "claim", "act", claim, action, "--on", day, *request)

    def approve(self, *claims: str) -> None:
        """Check claims, every item met, and approve them."""
        for claim in claims:
            items = self.ask("task-2", "claim", "check", claim)["items"]
            marks = [
                {"item": one["item"], "verdict": "met", "reason": "已核对原件"} for one in items
            ]
            self.act("task-2", claim, "check", "2023-03-02", items=marks)
            self.act("authority-1", claim, "approve", "2023-03-03", document="鄂科技批〔2023〕1号")

    def notice(self, day: str, *claims: str) -> None:
        """Give public notice of claims."""
        chosen = [word for claim in claims for word in ("--claim", claim)]
        self.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS, "--on", day, *chosen)

    def answer(self, results: dict[str, tuple[str, str]]) -> None:
        """Record what the bank made of the orders of claims: result and reason."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("指令编号", "处理结果", "银行流水号", "金额", "失败原因"))
        ordered = self.ask("finance-1", "payment", "order", "hubei", "--on", "2023-03-20")
        for number, row in enumerate(ordered["rows"]):
            if row["claim"] in results:
                result, reason = results[row["claim"]]
                amount = f"{row['amount_fen'] // 100}"
                writer.writerow((row["order"], result, f"B-{number}", amount, reason))
        path = self._scratch / "answer.csv"
        path.write_text(text.getvalue(), "utf-8")
        self.ask("finance-1", "payment", "results", str(path), "--on", "2023-03-21")


def play(office: Office, append: Callable[[list[Event]], object]) -> None:
    """Bring claims into every state that a claim can be in."""
    office.hire()
    office.ask("a", "calendar", "adopt", "2023", "--on", "2023-01-01")
    account = office.file(
        {"holder": "武汉某软件有限公司", "bank": "工商银行", "number": "4200000011112222"}
    )
    office.ask("task-1", "enterprise", "bank-account", FIRM, "--file", account)
    paid, failed, settled, objected, lapsed, withdrawn, submitted, returned = map(
        office.submit, INVOICES
    )
    first, second = (paid, failed, settled), (objected,)
    office.approve(*first, *second)
    office.notice("2023-03-06", *first)
    objector = {"name": "李四", "phone": "13800002222", "address": "武汉市江夏区"}
    objection = {"objection": "YY-1", "matter": "合同虚假", "objector": objector}
    office.act("authority-1", settled, "object", "2023-03-08", **objection)
    settlement = {"objection": "YY-1", "outcome": "dismissed", "reason": "查无实据"}
    office.act("authority-1", settled, "settle", "2023-03-09", **settlement, document="复函1号")
    office.ask("authority-1", "notice", "clear", "--on", "2023-03-15")
    office.notice("2023-03-16", *second)
    again = {"objection": "YY-2", "matter": "重复申报", "objector": objector}
    office.act("authority-1", objected, "object", "2023-03-17", **again)
    office.answer({paid: ("成功", ""), failed: ("失败", "户名不符")})
    append(events(REVERSED, FIRM))
    office.act("authority-1", paid, "assess", "2023-04-10", **_CLAWBACK, reason="发票红冲")
    office.act("finance-1", paid, "recover", "2023-04-20", **_CLAWBACK, bank_reference="B-9")
    office.act("finance-1", paid, "close", "2023-04-30", document="归档1号")
    office.act("task-1", withdrawn, "withdraw", "2023-03-02", reason="重报")
    remark = {"items": [{"item": "payments", "reason": "缺银行回单"}]}
    office.act("task-2", lapsed, "return", "2023-03-02", **remark)
    office.ask("", "claim", "tick", "--on", "2024-07-01")
    office.act("task-2", returned, "return", "2023-03-02", **remark)
    licence = office.file("营业执照")
    words = ("--evidence", licence, "--reason", "营业执照如此")
    office.ask("task-1", "enterprise", "accept-code", WRONG, *words)
    append([encode("urn:suanquan:claims", "draft", FIRM, DRAFT, SALT)])
    assert office.ask("auditor-1", "claim", "show", submitted)["state"] == "submitted"
