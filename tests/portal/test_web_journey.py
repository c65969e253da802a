"""One refund from a registration to a verified statement, by the pages alone, in a browser."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser

from portal.accounts import passwords
from tests.papers import make_pdf
from tests.portal.chromium import served
from tests.portal.lobby import Lobby, lobby, office
from tests.portal.walkers import Device, Walker
from tests.small_ledger import PROVIDER, events

__all__ = ["lobby", "office"]

CODE: Final = "91350100M000100Y43"
"""Of an enterprise that the ledger has never heard of."""
NAME: Final = "江城智算科技有限公司"
FIRM: Final = f"/enterprise/{CODE}"
INVOICE: Final = "00000000000000000777"
BASIS: Final = "鄂科技通〔2022〕9号"
WHY: Final = "缺银行回单，请补"

# The centre's meters said this while the service ran; nobody types usage.
METERED: Final = """
    usage a100 50 2022-09-01T00:00 2022-09-21T00:00
"""


class Town:
    """Everybody who has a part in it, each at a browser of his own."""

    def __init__(self, lobby: Lobby, device: Device, stack: ExitStack) -> None:
        self.lobby = lobby
        self.office = lobby.office
        self._device = device
        self._stack = stack
        self._people: dict[str, Walker] = {}

    def person(self, name: str = "") -> Walker:
        """Return somebody, or the public."""
        if name not in self._people:
            visitor = self._device.visiting(self._stack)
            self._people[name] = Walker(self._device, visitor, self.office, name)
        return self._people[name]


@pytest.fixture
def town(
    request: pytest.FixtureRequest, lobby: Lobby, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    """Yield people at a portal, in a language, at a window, with scripts or without."""
    language, width, scripts = request.param
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 1024, 1))
    lobby.office.ledger.append(*events(METERED, CODE))
    lobby.office.today = "2022-11-01"
    with served(lobby.shell) as address, ExitStack() as stack:
        device = Device(chromium, address, language, width=width, scripts=scripts)
        yield Town(lobby, device, stack)


@pytest.mark.parametrize(
    ("office", "town"),
    [
        pytest.param("postgresql", ("zh", 1440, True), id="chinese-desk-scripts-postgresql"),
        pytest.param("sqlite", ("en", 360, False), id="english-telephone-no-scripts-sqlite"),
        pytest.param("sqlite", ("zh", 768, False), id="chinese-tablet-no-scripts-sqlite"),
        pytest.param("sqlite", ("en", 768, True), id="english-tablet-scripts-sqlite"),
    ],
    indirect=True,
)
def test_a_refund_goes_its_whole_way_by_the_pages_alone(town: Town, tmp_path: Path) -> None:
    _officials_come(town)
    _register(town.person("task-2"), tmp_path)
    _clerk_comes(town)
    _enter_papers(town.person("clerk-1"))
    claim = _claim(town.person("clerk-1"), tmp_path)
    _send_back(town.person("task-1"), claim)
    _mend(town.person("clerk-1"), claim, tmp_path)
    _review(town.person("task-1"), claim)
    _approve_and_give_notice(town.person("authority-1"), claim)
    _object_and_settle(town, claim)
    _clear(town, claim)
    _pay(town.person("finance-1"), claim, tmp_path)
    _verify(town, tmp_path)
    _check_the_ledger(town, claim)


def _officials_come(town: Town) -> None:
    """An administrator sets his account up, then gives officials a link each."""
    admin = town.person("admin-1")
    admin.arrive(town.lobby.invite("admin-1", by="admin-2"))
    for name in ("task-1", "task-2", "authority-1", "finance-1"):
        _give_link(town, name)


def _give_link(town: Town, name: str) -> None:
    """The administrator gives somebody a link, who sets his account up."""
    admin = town.person("admin-1")
    admin.open(f"/people/{name}")
    admin.press("发放开通链接", "Link to set the account up")
    admin.sees(admin.t("只显示这一次", "shown this once"), name)
    link = admin.page.locator(".note .mono").inner_text()
    town.person(name).arrive("/invitation/" + link.rpartition("/invitation/")[2])


def _register(officer: Walker, folder: Path) -> None:
    """One of the task force registers the enterprise and enters what it is, with the evidence.

    He has no part in its claims then: another one reviews them.
    """
    officer.open("/enterprises")
    officer.follow("登记企业", "Register an enterprise")
    officer.fill(credit_code=CODE, name=NAME, registered_region="420100")
    _attach(officer, folder / "licence.pdf")
    officer.press("登记", "Register it")
    officer.sees(NAME, officer.t("武汉市", "Wuhan"), officer.t("管理员开通", "administrator opens"))
    officer.follow("录入资质", "Enter a qualification")
    officer.page.locator("#kind").select_option("high_tech_enterprise")
    officer.fill(number="GR202142000001", valid_from="2021-11-15", valid_to="2024-11-14")
    _attach(officer, folder / "certificate.pdf")
    officer.press("提交", "Record it")
    officer.sees("GR202142000001")
    officer.follow("年度数据", "Figure of a year")
    officer.page.locator("#figure").select_option("sales_fen")
    officer.fill(year="2021", value="150,000,000")
    officer.press("提交", "Record it")
    officer.follow("年度声明", "Declaration")
    officer.fill(year="2022")
    for one in ("related_party", "serious_dishonesty"):
        officer.page.locator(f"#{one}").select_option("no")
    officer.press("提交", "Record it")
    officer.sees("150,000,000.00", officer.t("2022 年度声明", "Declaration of 2022"))


def _attach(walker: Walker, path: Path) -> None:
    """Put a scan into the form that is open."""
    path.write_bytes(make_pdf(path.stem))
    walker.page.locator("#scan").set_input_files(path)


def _clerk_comes(town: Town) -> None:
    """The administrator opens an account for the enterprise."""
    admin = town.person("admin-1")
    admin.open(f"/people?enterprise={CODE}")
    admin.fill(name="clerk-1")
    admin.press("授予", "Grant")
    _give_link(town, "clerk-1")


def _enter_papers(clerk: Walker) -> None:
    """The enterprise enters a contract, an invoice, its payment and where to pay."""
    clerk.open(FIRM)
    clerk.sees(NAME)
    clerk.open(f"{FIRM}/papers/new/contract")
    clerk.fill(contract="HT-1", provider=PROVIDER, signed_on="2022-03-01", amount="3000000")
    clerk.fill(service_from="2022-03-01", service_to="2022-12-31")
    clerk.page.locator("#resource-0").select_option("a100")
    clerk.fill(**{"price-0": "12.50"})
    clerk.press("提交", "Record it")
    clerk.open(f"{FIRM}/papers/new/invoice")
    clerk.fill(invoice=INVOICE, contract="HT-1", issued_on="2022-10-08", amount="300000")
    clerk.fill(tax="16981.13", service_from="2022-09-01", service_to="2022-09-30")
    clerk.press("提交", "Record it")
    clerk.open(f"{FIRM}/papers/new/payment")
    clerk.fill(payment="P-777", invoice=INVOICE, paid_on="2022-10-10", amount="300000.00")
    clerk.press("提交", "Record it")
    clerk.open(f"{FIRM}/papers/own/account")
    clerk.fill(holder=NAME, bank="汉口银行光谷支行", number="6222020000000001")
    clerk.press("提交", "Record it")
    clerk.open(f"{FIRM}/papers")
    clerk.sees(INVOICE, "P-777", "300,000.00")


def _claim(clerk: Walker, folder: Path) -> str:
    """Return the claim that the enterprise put together and handed in."""
    clerk.open(f"{FIRM}/claims/new")
    clerk.page.locator("#p-hubei").check()
    clerk.press("开始填写", "Begin")
    clerk.sees(clerk.t("已保存", "Saved"))
    at = clerk.page.url.partition("?")[0].removeprefix(clerk.device.address)
    clerk.follow("选择发票", "Choose invoices")
    for one in clerk.page.locator("[name=invoice]").all():
        one.uncheck()
        one.set_checked(one.get_attribute("value") == INVOICE)
    if clerk.device.scripts:
        clerk.page.locator("#saved").get_by_text(clerk.t("已保存", "Saved")).wait_for()
    clerk.press("保存并返回", "Save and go back")
    _upload(clerk, at, folder / "contract.pdf", "contract")
    clerk.open(f"{at}/check")
    clerk.sees("90,000.00")
    clerk.press("确认提交", "Hand it in")
    clerk.sees(clerk.t("已提交", "Submitted"))
    return at.rpartition("/")[2]


def _upload(clerk: Walker, at: str, path: Path, kind: str) -> None:
    """File a scan for the claim."""
    path.write_bytes(make_pdf(path.stem))
    clerk.open(f"{at}/papers")
    form = clerk.page.locator("#other")
    form.locator("#kind").select_option(kind)
    form.locator("input[type=file]").set_input_files(path)
    form.locator("button").click()
    clerk.page.wait_for_load_state()
    clerk.sees(clerk.t("已保存", "Saved"))


def _send_back(officer: Walker, claim: str) -> None:
    """The task force finds something missing."""
    officer.open("/queue")
    officer.follow(claim, claim)
    officer.follow("开始初审", "Review it")
    officer.page.locator("#documents-not_met").check()
    officer.page.locator('[name="items.documents"]').fill(WHY)
    officer.press("退回补正", "Send it back")
    officer.sees(WHY)


def _mend(clerk: Walker, claim: str, folder: Path) -> None:
    """The enterprise adds what was missing and hands the claim in again."""
    clerk.open(f"/claims/{claim}")
    clerk.sees(WHY, clerk.t("已退回", "Sent back"))
    clerk.follow("补正后重新提交", "Mend it and hand it in again")
    at = clerk.page.url.partition("?")[0].removeprefix(clerk.device.address)
    _upload(clerk, at, folder / "slip.pdf", "bank_slip")
    clerk.open(f"{at}/check")
    clerk.press("确认提交", "Hand it in")
    clerk.sees(clerk.t("已提交", "Submitted"))


def _review(officer: Walker, claim: str) -> None:
    """The task force finds every item met, in two sittings."""
    officer.open(f"/claims/{claim}/review")
    officer.page.locator("#payee-not_met").check()
    officer.page.locator('[name="items.payee"]').fill("待电话核实")
    if officer.device.scripts:
        officer.page.locator("#saved").get_by_text(
            officer.t("意见已保存", "Marks saved")
        ).wait_for()
    else:
        officer.press("保存意见，以后再办", "Save the marks for later")
    officer.open("/queue")
    officer.open(f"/claims/{claim}/review")
    assert officer.page.locator("#payee-not_met").is_checked()
    assert officer.page.locator('[name="items.payee"]').input_value() == "待电话核实"
    officer.sees(officer.t("尚未办理，别人看不到", "nobody else sees them"))
    for one in officer.page.locator('input[type=radio][value="met"]').all():
        one.check()
    for one in officer.page.locator('[name^="items."]').all():
        one.fill("已核对原件")
    officer.press("完成初审", "Conclude the review")
    officer.sees(claim)
    officer.open(f"/claims/{claim}/review")
    assert officer.page.get_by_role("button", name="初审").count() == 0


def _approve_and_give_notice(officer: Walker, claim: str) -> None:
    """Another one approves it, and the public reads of it."""
    officer.open("/queue")
    officer.follow(claim, claim)
    officer.follow("批准", "Approve")
    officer.fill(document=BASIS)
    officer.press("确认批准", "Confirm: Approve")
    officer.open("/desk/notices/draw/hubei")
    officer.fill(basis=BASIS)
    officer.press("预览名单", "Look at the list")
    officer.sees("90,000.00", NAME)
    officer.press("发布公示", "Give the notice")
    officer.sees(claim)


def _object_and_settle(town: Town, claim: str) -> None:
    """Somebody reads the notice and objects in writing; it is upheld in part."""
    town.office.today = "2022-11-02"
    public, officer = town.person(), town.person("authority-1")
    public.open("/notices")
    public.page.locator("main table a, main .tasks a, main section a").first.click()
    public.sees(NAME, "90,000.00")
    assert claim not in public.page.content()
    officer.open(f"/claims/{claim}/object")
    officer.fill(matter="九月用量存疑")
    for field in ("name", "phone", "address"):
        officer.page.locator(f'[name="objector.{field}"]').fill("某某")
    officer.page.get_by_role("button").filter(has_text=officer.t("确认", "Confirm")).click()
    officer.sees("九月用量存疑")
    officer.open(f"/claims/{claim}/settle")
    officer.page.locator("[name=outcome]").select_option("upheld")
    officer.fill(reason="部分成立", cut_fen="10000")
    officer.page.get_by_role("button").filter(has_text=officer.t("确认", "Confirm")).click()
    officer.sees("80,000.00")


def _clear(town: Town, claim: str) -> None:
    """The notice is over, and nothing stands against it any more."""
    town.office.today = "2022-11-14"
    officer = town.person("authority-1")
    officer.open(f"/claims/{claim}")
    officer.follow("公示期满确认", "Clear")
    officer.page.get_by_role("button").filter(has_text=officer.t("确认", "Confirm")).click()
    officer.sees("80,000.00")


def _pay(cashier: Walker, claim: str, folder: Path) -> None:
    """A third one orders the payment, and the bank says that it was made."""
    cashier.open("/desk/payments")
    cashier.sees("80,000.00")
    cashier.open("/desk/payments/order/hubei")
    cashier.press("下达付款", "Order the payment")
    cashier.sees(claim, "80,000.00")
    with cashier.page.expect_download() as waiting:
        cashier.page.get_by_role("link", name="CSV").click()
    said = waiting.value.path().read_text("utf-8-sig")
    assert "6222020000000001" in said
    order = next(one for one in said.replace('"', "").splitlines()[1].split(",") if "-B1-" in one)
    answer = folder / "answer.csv"
    rows = "指令编号,处理结果,银行流水号,金额,失败原因", f"{order},成功,20221114-1,80000,"
    answer.write_text("\n".join(rows), "utf-8")
    cashier.open("/desk/payments/answer")
    cashier.page.locator("#file").set_input_files(answer)
    cashier.press("上传并登记", "Send and record")
    cashier.sees(cashier.t("已登记", "Recorded."), claim)


def _verify(town: Town, folder: Path) -> None:
    """The enterprise has its month's statement, and anybody can tell that it is genuine."""
    # The scheduler makes it at night, and nobody on a page.
    town.office.ask("task-2", "statement", "make", "--month", "2022-09")
    clerk, public = town.person("clerk-1"), town.person()
    clerk.open(f"{FIRM}/statements")
    clerk.follow("算力服务结算单", "Compute settlement statement")
    with clerk.page.expect_download() as waiting:
        clerk.page.get_by_role("link", name="PDF").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    clerk.press("确认这份结算单", "Confirm this statement")
    _ask(public, path)
    public.sees(public.t("属实", "Genuine"), path.stem)
    path.write_bytes(path.read_bytes() + b"\n")
    _ask(public, path)
    public.sees(public.t("不符", "Not genuine"))


def _ask(public: Walker, path: Path) -> None:
    """Ask whether a file is genuine: the browser hashes it, or whoever holds it does."""
    public.open("/verify")
    if public.device.scripts:
        with public.page.expect_navigation():
            public.page.locator("#file").set_input_files(path)
        return
    assert not public.page.locator("#file").is_visible()
    public.fill(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    public.press("核对", "Verify")


def _check_the_ledger(town: Town, claim: str) -> None:
    """The claim is paid, the fund is less by as much, and the ledger agrees with itself."""
    ask = town.office.ask
    shown = ask("auditor-1", "claim", "show", claim)
    assert (shown["state"], shown["paid_fen"]) == ("paid", 8_000_000)
    (fund,) = ask("auditor-1", "fund", "list")["rows"]
    assert (fund["expended_fen"], fund["encumbered_fen"]) == (8_000_000, 0)
    assert fund["available_fen"] == 50_000_000 - 8_000_000
    assert ask("auditor-1", "log", "check")["ok"] is True
    replayed = ask("auditor-1", "replay")
    assert (replayed["findings"], replayed["documents"]["match"]) == ([], True)
