"""A year of one enterprise as programs of everybody would do it, each address asked once.

What was sent and answered first at an address is its example in the interface's description.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from ledger.config import Settings
from portal.audit.accesses import Accesses, Look
from portal.commands import statement_commands
from portal.runs import background
from portal.shell import Shell
from portal.web import recording
from portal.web.api.openapi import describe
from portal.web.api.router import SUBJECTS
from tests.papers import make_pdf
from tests.portal.callers import Caller, calling
from tests.portal.office import ONE, TWO, Office
from tests.small_ledger import CODE

PART_FEN: Final = 2_000_000
"""What each claim asks for: a year's voucher has room for ten."""

JULY: Final = f"SQ-C-2022-07-{CODE}-1"
LINE: Final = {"contract": "C-1", "resource": "a100"}
CASE: Final = {
    "enterprise": {
        "credit_code": CODE,
        "name": "华智科技",
        "registered_region": "420100",
        "qualifications": [{"kind": "high_tech_enterprise", "from": "2021-11-15"}],
        "facts": [{"name": "sales_fen", "year": 2021, "value": 15000000000}],
    },
    "purchases": [
        {
            "contract": "C-1",
            "signed_on": "2022-03-01",
            "service_from": "2022-03-01",
            "service_to": "2022-06-30",
            "resource_kind": "accelerator",
            "invoice": "22420000000000000001",
            "invoiced_on": "2022-07-01",
            "invoiced_fen": 63600000,
            "tax_fen": 3600000,
            "payments": [{"paid_on": "2022-07-10", "amount_fen": 63600000}],
            "metered_fen": 63600000,
        }
    ],
    "declarations": {"related_party": False, "serious_dishonesty": False},
    "apply_on": "2022-11-01",
}


class Walk:
    """Programs with a token each, and what was sent and answered where."""

    def __init__(self, office: Office, client: Any) -> None:  # noqa: ANN401 - the library's client
        self.office = office
        self.seen: dict[str, dict[str, Any]] = {}
        self._client = client
        self._known = sorted(
            (
                (re.sub(r"\{\w+\}", "[^/]+", path), method, operation["operationId"])
                for path, item in describe(SUBJECTS)["paths"].items()
                for method, operation in item.items()
            ),
            key=lambda one: one[0].count("["),
        )

    def get(self, who: str, path: str, **query: Any) -> Any:  # noqa: ANN401 - one JSON value
        """Return what an address answers somebody."""
        return self._keep("get", path, self._caller(who).get(path, **query))

    def fetch(self, who: str, path: str, **query: str) -> bytes:
        """Return a file."""
        caller = self._caller(who)
        answer = self._client.get(f"/api/v1{path}", params=query, headers=caller.headers)
        assert answer.status_code == 200, (path, answer.text)
        content: bytes = answer.content
        return content

    def send(self, who: str, path: str, body: Any, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what an address answers to a body: an object, or a file's bytes."""
        answer = self._caller(who).send(path, body, **query)
        return self._keep("post", path, answer, None if isinstance(body, bytes) else body)

    def act(self, who: str, claim: str, action: str, **said: Any) -> Any:  # noqa: ANN401 - JSON
        """Return a claim after an act on it."""
        seen = self.get("auditor-1", f"/claims/{claim}")["seen"]
        return self.send(who, f"/claims/{claim}/{action}", said, seen=seen)

    def check(self, claim: str) -> None:
        """Conclude the first review: every item is met."""
        items = self.get("task-1", f"/claims/{claim}/check-list")["items"]
        marks = [{"item": one["item"], "verdict": "met", "reason": "已核对原件"} for one in items]
        self.act("task-1", claim, "check", items=marks)

    def _caller(self, who: str) -> Caller:
        return Caller(self._client, self.office.tokens.get(who, ""))

    def _keep(self, method: str, path: str, answer: Any, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return an answer that is no refusal, once it is kept as an example."""
        assert "code" not in answer, (method, path, answer)
        operation = next(
            name
            for form, of, name in self._known
            if of == method and re.fullmatch(form, f"/api/v1{path}")
        )
        kept = {"answer": answer} if body is None else {"body": body, "answer": answer}
        self.seen.setdefault(operation, kept)
        return answer


@contextmanager
def walked(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """Yield a walk that has been everywhere."""
    monkeypatch.setattr(statement_commands, "now_ms", office.at_ms)
    # A check is a process of its own; here it ends as soon as it began.
    monkeypatch.setattr(background, "_start_process", lambda *_: None)
    # What the walk itself looks at is recorded once it is over.
    monkeypatch.setattr(recording, "TAKEN_IN_S", 86_400)
    office.more_invoices(4)
    made = office.ask("task-2", "statement", "make", "--month", "2022-07")
    assert "error" not in made, made
    with calling(office, monkeypatch) as client:
        walk = Walk(office, client)
        _look_around(walk)
        _enter(walk)
        claims = _claim(walk)
        _give_notice(walk, claims)
        _pay(walk, claims)
        _answer_statements(walk)
        _audit(walk)
        yield walk


def _look_around(walk: Walk) -> None:
    """See what anybody sees, and what a task force plans."""
    for path in ("/programmes", "/programmes/adopted", "/programmes/hubei", "/reports/statistics"):
        walk.get("", path)
    walk.get("firm-1", "/me")
    walk.send("firm-1", "/programmes/preview", CASE)
    rate = {"programme": "hubei", "version": "2022", "set": [{"name": "rate", "value": "40%"}]}
    months = {"month_from": "2022-07", "month_to": "2022-08"}
    walk.send("task-1", "/programmes/what-if", {"change": [rate], **months})


def _enter(walk: Walk) -> None:
    """Enter an enterprise's papers."""
    here = f"/enterprises/{CODE}"
    contact = {"name": "李明", "phone": "027-00000000", "email": "li@huazhi.example"}
    walk.send("firm-1", f"{here}/contacts", contact)
    account = {"holder": "华智科技", "bank": "示例银行武汉分行", "number": "6200000000000001"}
    walk.send("firm-1", f"{here}/bank-account", account)
    fact = {"name": "sales_fen", "year": 2020, "value": 12000000000}
    papers = {"enterprise": {"credit_code": CODE}, "facts": [fact]}
    walk.send("firm-1", "/enterprises/papers", papers)
    walk.send("firm-1", f"{here}/documents", make_pdf(), kind="contract", ref="C-1")
    walk.send("firm-1", f"{here}/vouchers", {"programme": "hubei", "year": 2022})
    for path in ("usage", "papers", "documents", "vouchers"):
        walk.get("firm-1", f"{here}/{path}")
    walk.get("firm-1", f"{here}/decision", year=2022)
    walk.get("task-1", "/enterprises", limit=1)


def _claim(walk: Walk) -> list[str]:
    """Return claims that were approved, after others that were not."""
    same = {"enterprise": CODE, "programme": "hubei", "asked_fen": PART_FEN}
    (document,) = (
        one["sha256"] for one in walk.get("firm-1", f"/enterprises/{CODE}/documents")["rows"]
    )
    walk.fetch("firm-1", f"/documents/{document}")
    first = {**same, "invoices": [ONE], "documents": [document]}
    walk.send("firm-1", "/claims/drafts", first)
    numbers = [[ONE], [TWO], *([one] for one in walk.office.invoices[2:6])]
    claims = [
        walk.send("firm-1", "/claims", {**first, "invoices": invoices})["id"]
        for invoices in numbers[:4]
    ]
    walk.get("firm-1", "/claims", limit=2)
    walk.get("task-1", "/claims/waiting", limit=2)
    paid, cleared, back, no = claims
    walk.act("task-1", back, "return", items=[{"item": "payments", "reason": "缺银行回单"}])
    walk.get("firm-1", f"/enterprises/{CODE}/waiting")
    walk.act("firm-1", back, "withdraw", reason="重复申报")
    cut = {"amount_fen": 100_000, "reason": "含存储费用"}
    walk.act("task-1", paid, "cut", cuts=[cut])
    for claim in (paid, cleared, no):
        walk.check(claim)
    walk.act("authority-1", no, "reject", reason="不在支持范围")
    for claim in (paid, cleared):
        walk.act("authority-1", claim, "approve", document="鄂科技审〔2022〕7号")
    return [paid, cleared]


def _give_notice(walk: Walk, claims: list[str]) -> None:
    """Let claims stand under notice, one of them objected to."""
    drawn = walk.send(
        "authority-1", "/notices", {"programme": "hubei", "basis": "鄂科技通〔2022〕9号"}
    )
    here = f"/notices/{drawn['notice']}"
    walk.get("", "/notices")
    walk.get("", here)
    walk.fetch("", f"{here}/file")
    walk.office.today = drawn["first_day"]
    objector = {"name": "王芳", "phone": "027-00000001", "address": "武汉市洪山区"}
    objected = walk.act(
        "authority-1", claims[0], "object", objector=objector, matter="合同与实际不符"
    )
    settled = {"outcome": "dismissed", "reason": "原件已核对"}
    (objection,) = objected["objections"]
    walk.act("authority-1", claims[0], "settle", objection=objection, **settled)
    walk.office.today = "2022-11-09"
    walk.act("authority-1", claims[0], "clear")
    walk.send("authority-1", "/notices/clear", {"notice": drawn["notice"]})


def _pay(walk: Walk, claims: list[str]) -> None:
    """Pay what was cleared, at the second try, and claim some of it back."""
    ordered = walk.send("finance-1", "/payments", {"programme": "hubei"})
    batch = f"/payments/{ordered['batch']}"
    walk.get("finance-1", "/payments")
    walk.fetch("finance-1", f"{batch}/file", format="csv")
    walk.act("finance-1", claims[0], "fail", reason="账号有误")
    walk.send("finance-1", "/payments", {"programme": "hubei", "claims": [claims[0]]})
    paid = walk.act("finance-1", claims[0], "pay", bank_reference="20221109000001")
    walk.send("finance-1", "/payments/results", _bank_answer(walk, claims[1]))
    walk.get("finance-1", batch)
    back = {"amount_fen": 10_000, "document": "鄂科技追〔2022〕1号"}
    walk.act("authority-1", claims[0], "assess", **back, reason="发票红冲")
    walk.act("finance-1", claims[0], "recover", **back, bank_reference="20221109000002")
    walk.act("finance-1", claims[0], "close", document="鄂科技结〔2022〕1号")
    assert paid["state"] == "paid"
    walk.get("auditor-1", "/claims/clawbacks")
    fund = "/funds/hubei/2022"
    same = {"effective_on": "2022-11-09", "document": "鄂财教〔2022〕88号"}
    walk.send("finance-1", f"{fund}/appropriations", {"amount_fen": 5_000_000, **same})
    walk.send("finance-1", "/funds/hubei/2023/appropriations", {"amount_fen": 100, **same})
    moved = {"amount_fen": 1_000_000, **same, "to_fund": "hubei", "to_year": 2023}
    walk.send("finance-1", f"{fund}/transfers", moved)
    walk.get("finance-1", "/funds")
    walk.get("finance-1", fund, limit=2)
    walk.fetch("finance-1", "/funds/books")


def _bank_answer(walk: Walk, claim: str) -> bytes:
    """Return the bank's file about the order of a claim."""
    batches = walk.get("finance-1", "/payments")["rows"]
    (row,) = (
        one
        for batch in batches
        for one in walk.get("finance-1", f"/payments/{batch['batch']}")["rows"]
        if one["claim"] == claim
    )
    yuan = f"{row['amount_fen'] // 100}.{row['amount_fen'] % 100:02}"
    head = "指令编号,处理结果,银行流水号,金额,失败原因"
    return f"{head}\n{row['order']},成功,20221109000003,{yuan},\n".encode()


def _answer_statements(walk: Walk) -> None:
    """Dispute a statement, settle the dispute, confirm it."""
    (one,) = walk.get("firm-1", f"/enterprises/{CODE}/statements")["rows"]
    assert one["id"] == JULY
    walk.get("firm-1", f"/enterprises/{CODE}/statements/{JULY}")
    (line, *_) = walk.get("firm-1", f"/enterprises/{CODE}/statements/{JULY}/lines")["rows"]
    named = {"contract": line["contract"], "resource": line["resource"]}
    walk.get("firm-1", f"/enterprises/{CODE}/statements/{JULY}/jobs", **named)
    pdf = walk.fetch("firm-1", f"/enterprises/{CODE}/statements/{JULY}/file")
    walk.send("", "/statements/verify", pdf)
    here = f"/statements/{JULY}"
    lines = [{**LINE, "reason": "7月12日停机仍计费"}]
    walk.send("firm-1", f"{here}/dispute", {"lines": lines})
    decided = {**LINE, "outcome": "dismissed", "reason": "日志显示当日在用"}
    walk.send("task-1", f"{here}/settlement", decided)
    walk.send("firm-1", f"{here}/confirmation", {})


def _look(office: Office) -> None:
    """Record that somebody looked at what is an enterprise's."""
    accesses = Accesses(Shell(Settings.load(), "zh", as_json=True))
    look = Look("task-1", CODE, "read", f"/enterprise/{CODE}/usage", "page")
    accesses.note(look, office.at_ms())
    accesses.take_in()


def _audit(walk: Walk) -> None:
    """Look at everything as an auditor does."""
    here = f"/statements/{JULY}"
    for path in ("/statements", here, "/logs", "/reports/claims", "/reports/schedule"):
        walk.get("auditor-1", path)
    walk.get("auditor-1", f"{here}/trace", limit=2)
    walk.fetch("auditor-1", f"{here}/file")
    _look(walk.office)
    walk.get("auditor-1", "/accesses")
    walk.get("auditor-1", "/logs/book/entries", limit=2)
    walk.get("auditor-1", "/logs/usage/entries/0")
    walk.get("auditor-1", "/logs/book/entries/0/proof")
    walk.fetch("auditor-1", "/logs/book/export")
    number = walk.send("auditor-1", "/checks", {"kind": "check"})["number"]
    walk.get("auditor-1", f"/checks/{number}")
    walk.get("auditor-1", "/checks")
    walk.get("auditor-1", "/reports/month", month="2022-07", cards=80)
    walk.get("auditor-1", "/reports/reconciliation", month="2022-07")
    walk.get("auditor-1", "/reports/usage")
    notices = walk.get("", "/notices")["rows"]
    walk.send("authority-1", f"/notices/{notices[0]['notice']}/statement", b"")
    closing = {"effective_on": "2022-11-09", "document": "鄂财教〔2022〕99号"}
    walk.send("finance-1", "/funds/hubei/2023/closing", closing)
