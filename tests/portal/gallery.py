"""An office where every page has something to show, and some of it is as long as it may be."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from ledger.finding import Finding
from ledger.text import Text
from portal.runs import what_if_runs
from portal.runs.audit_runs import ROOM, Run
from portal.runs.what_if_runs import Asked, Changed
from portal.web import gate, recording
from tests.papers import make_pdf
from tests.portal.desks import answer
from tests.portal.furnished import Made, made_on_sqlite
from tests.portal.lobby import Lobby
from tests.portal.office import OTHER, Office, at
from tests.portal.stages import BASIS, approve, clear
from tests.small_ledger import CODE, SmallLedger, events
from vouchers.impact import Affected, Sum

LONG_NAME: Final = (
    "武汉东湖新技术开发区光谷人工智能与大数据算力服务产业创新联合体（有限合伙）"
    "第一研究院及其全资控股之异构计算分公司"
)
"""Longer than any name in the register; whoever has one wants to see all of it."""

MOST: Final = "99999999999.99"
"""More money than a fund of a city will ever have."""

PART_FEN: Final = 2_000_000
"""What each claim asks for: ten of them are a year's voucher."""

WORDS: Final = (
    "附件中的合同复印件不完整，第三页缺盖章；银行回单与发票金额不一致，请一并补正后重新提交"
)


class Shown(NamedTuple):
    """What is there to look at: a claim in each state, and what else has a page of its own."""

    draft: str
    submitted: str
    returned: str
    approved: str
    noticed: str
    objected: str
    cleared: str
    ordered: str
    paid: str
    assessed: str
    notice: str
    batch: str
    statement: str
    paper: str


def furnish(office: Office) -> Shown:
    """Return what is in the office once people have worked in it for two weeks."""
    office.ledger.append(*events(f"enterprise 420100 {LONG_NAME}"))
    office.set_account(holder=LONG_NAME)
    office.more_invoices(8)
    budget = ("--year", 2022, "--amount", MOST, "--on", "2022-01-05", "--document", BASIS)
    _do(office, "finance-2", "fund", "appropriate", "wuhan", *budget)
    _do(office, "finance-1", "fund", "appropriate", "hubei", *budget)
    first, ordered, cleared, assessed, *rest = office.invoices
    claims = clear(office, first, ordered, cleared, assessed, asked_fen=PART_FEN)
    paid, waits, left, back = claims
    for claim in (paid, waits, back):
        _do(office, "finance-1", "payment", "order", "hubei", "--claim", claim)
    for claim in (paid, back):
        _act(office, "finance-1", claim, "pay", bank_reference=f"20221109-{claim}-000000000001")
    recovery = {"amount_fen": 10_000, "document": BASIS, "reason": WORDS}
    _act(office, "authority-1", back, "assess", **recovery)
    noticed, objected = approve(office, *rest[:2], asked_fen=PART_FEN)
    drawn = _do(office, "authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    office.today = drawn["first_day"]
    objector = dict.fromkeys(("name", "phone", "address"), "某某")
    _act(office, "authority-1", objected, "object", matter=WORDS, objector=objector)
    (approved,) = approve(office, rest[2], asked_fen=PART_FEN)
    returned = office.submit(invoices=[rest[3]], asked_fen=PART_FEN)["id"]
    remarks = [{"item": item, "reason": WORDS} for item in ("documents", "payee")]
    _act(office, "task-1", returned, "return", items=remarks)
    (office.folder / "c.pdf").write_bytes(make_pdf("contract"))
    papers = [{"path": "c.pdf", "kind": "contract", "ref": "C-1"}]
    submitted = office.submit(invoices=rest[4:-1], documents=papers, asked_fen=PART_FEN)["id"]
    (paper,) = _do(office, "auditor-1", "claim", "show", submitted)["documents"]
    for month in ("2022-07", "2022-08"):
        _do(office, "task-2", "statement", "make", "--month", month)
    for code in (CODE, OTHER):
        _do(
            office,
            "admin-1",
            "user",
            "add",
            "agent-1",
            "--role",
            "enterprise",
            "--enterprise",
            code,
        )
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": rest[-1:]}
    draft = _do(office, "firm-1", "claim", "draft", "--file", office.file("d.json", asked))["id"]
    return Shown(
        draft,
        submitted,
        returned,
        approved,
        noticed,
        objected,
        left,
        waits,
        paid,
        back,
        drawn["notice"],
        "hubei-2022-B1",
        f"SQ-C-2022-07-{CODE}-1",
        paper,
    )


def _do(office: Office, who: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
    """Return what a command answers, which is no refusal."""
    answer = office.ask(who, *words)
    assert "error" not in answer, (words, answer)
    return answer


def _act(office: Office, who: str, claim: str, action: str, **said: Any) -> None:  # noqa: ANN401
    """Do an act on a claim, which is not refused."""
    answer = office.act(who, claim, action, **said)
    assert "error" not in answer, (action, answer)


class Furnished(NamedTuple):
    """An office that has been worked in, to be copied: what is in it, and what day it is."""

    made: Made
    shown: Shown
    today: str


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """Yield the office once its people have worked in it."""
    kept: list[tuple[Shown, str]] = []

    def work(office: Office) -> None:
        kept.append((furnish(office), office.today))

    with made_on_sqlite(tmp_path_factory.mktemp("gallery"), work) as made:
        yield Furnished(made, *kept[0])


def _leave_runs(home: Path, at_ms: int) -> None:
    """Leave a check and a change that came to something, and one of each that did not."""
    wrong = Finding("book", 7, "invoices_of_claims", "amount_fen", Text(WORDS, "it is another one"))
    for number, findings in ((1, []), (2, [wrong])):
        run = Run(number=number, kind="check", by="auditor-1", started_ms=at_ms)
        run.finished_ms, run.findings = at_ms, findings
        ROOM.save(home, run)
    amounts = Sum(30_000_000, 10_000_000, 30_000_000, 10_000_000, 1, 1)
    firm = Affected(CODE, LONG_NAME, ("high_tech_enterprise",), amounts)
    result = what_if_runs.Result(
        ("2022-07", "2022-08"),
        amounts,
        [(Text("湖北省科技创新券", "Hubei innovation voucher"), amounts)],
        {"2022-07": amounts, "2022-08": Sum()},
        (Changed(0, []), Changed(1, [firm]), Changed(0, [])),
    )
    asked = Asked("hubei@2022", "yearly_cap_fen", "5万元")
    for number, found in ((1, result), (2, None)):
        said = what_if_runs.Run(
            number=number, by="task-1", started_ms=at_ms, asked=asked, rule=Text(WORDS, WORDS)
        )
        said.finished_ms, said.result, said.error = at_ms, found, None if found else Text("x", "x")
        what_if_runs.ROOM.save(home, said)


class Gallery(NamedTuple):
    """The portal of the furnished office, and what is there to look at."""

    lobby: Lobby
    shown: Shown

    def name(self, path: str) -> str:
        """Return an address with what each thing is in place of its id, which differs each time."""
        for what, value in self.shown._asdict().items():
            path = path.replace(value, what)
        return re.sub(r"^/invitation/.*", "/invitation", path)


@pytest.fixture
def gallery(
    furnished: Furnished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gallery]:
    """Yield a furnished office of a test's own, on the day on which it was left."""
    shutil.copytree(furnished.made.home, tmp_path / "home")
    with ExitStack() as stack:
        url = stack.enter_context(furnished.made.copied())
        ledger = SmallLedger(url, is_made=True)
        stack.callback(ledger.close)
        office = at(ledger, url, tmp_path, monkeypatch, answer, furnished.made.tokens)
        office.today = furnished.today
        # Nobody goes there; its buttons are to be looked at.
        monkeypatch.setenv("SUANQUAN_OIDC_ISSUER", "https://sso.example.gov.cn")
        _leave_runs(tmp_path / "home", office.at_ms())
        monkeypatch.setattr(gate, "now_ms", office.at_ms)
        monkeypatch.setattr(recording, "TAKEN_IN_S", 86_400)
        yield Gallery(Lobby(office, stack), furnished.shown)
