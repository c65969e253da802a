"""Acts on many claims as a person reads them, in both languages."""

import pytest

from portal import cli
from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import BASIS, approve
from tests.small_ledger import CODE, events

__all__ = ["office"]


def test_people_read_every_answer_in_their_language(
    office: Office, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def shown(who: str, *words: object) -> tuple[str, str]:
        """Return what a command prints in Chinese, and the same or an error in English."""
        said = []
        monkeypatch.setenv("SUANQUAN_TOKEN", office.tokens.get(who, ""))
        for language in ("zh", "en"):
            cli.run([*map(str, words), "--lang", language])
            printed = capfd.readouterr()
            said.append(printed.out + printed.err)
        assert "Traceback" not in "".join(said), said
        return said[0], said[1]

    def has(told: tuple[str, str], zh: str, en: str) -> None:
        assert zh in told[0], told
        assert en in told[1], told

    has(shown("", "notice", "list"), "还没有公示", "There are no notices")
    has(shown("auditor-1", "payment", "list"), "还没有付款", "There are no payments")
    has(shown("firm-1", "voucher", "list"), "没有算力券", "There are no vouchers")
    has(shown("auditor-1", "claim", "clawbacks"), "没有需要追缴", "nothing is to be claimed back")
    has(shown("firm-1", "voucher", "grant", CODE, "--programme", "hubei"), "已申领", "was granted")
    has(shown("firm-1", "voucher", "list"), "200,000.00", "200,000.00")
    one, two = approve(office, ONE, TWO)
    may = shown("authority-1", "claim", "show", one)
    has(may, f"notice draw hubei --claim {one}", f"notice draw hubei --claim {one}")
    office.ask(
        "admin-1", "user", "add", "authority-1", "--role", "enterprise", "--enterprise", CODE
    )
    draw = ("notice", "draw", "hubei", "--basis", BASIS)
    own = shown("authority-1", *draw)
    has(own, "不能经办本企业的申请", "is no official on its claims")
    has(shown("authority-2", *draw, "--claim", one), "公示期：2022-11-02", "is under public notice")
    has(shown("authority-1", *draw), "没有您可公示", "waits for your notice")
    has(shown("authority-2", *draw), "共 1 项", "waits for your notice")
    has(shown("", "notice", "show", "hubei-20221102"), "公示单位", "Given by")
    has(shown("task-1", "notice", "show", "hubei-20221102"), "公示中", "under public notice")
    office.today = "2022-11-09"
    has(shown("", "claim", "tick"), "公示期满确认 2 项", "0 claims cleared")
    has(shown("finance-1", "payment", "order", "hubei"), "下达 2 笔", "waits for your order")
    out = office.folder / "bank.csv"
    export = shown("finance-1", "payment", "export", "hubei-2022-B1", "--out", out)
    has(export, "含银行账号", "holds account numbers")
    assert "12345678" not in "".join(export)
    answer = office.folder / "answer.csv"
    order = "hubei-2022-B1-0001"
    answer.write_text(f"order,result,reference,amount\n{order},paid,B-1,90000.00\n", "utf-8")
    paid = shown("finance-1", "payment", "results", answer)
    has(paid, "登记付款成功 1 笔", "nothing was changed")
    has(paid, "回单未提及", "not in the answer: hubei-2022-B1-0002")
    has(shown("auditor-1", "payment", "list"), "在途", "open")
    office.ledger.append(*events("red 901 1 2022-11-20 300000 16981.13"))
    office.ledger.append(*events("red 902 2 2022-11-20 300000 16981.13"))
    has(shown("auditor-1", "claim", "clawbacks"), "不计利息", "no interest")
    assert two in "".join(shown("auditor-1", "claim", "list"))
