"""Public notices on the portal: what anybody reads, until when he may object, and nothing else."""

from ledger.read import read_heads
from portal.payments.notice_board import list_posted, make_again
from tests.portal.lobby import Lobby, lobby, office
from tests.portal.office import ONE, TWO, Office
from tests.portal.stages import BASIS, approve
from tests.queries import counted
from tests.small_ledger import events

__all__ = ["lobby", "office"]

NOTICE = "hubei-20221102"


def draw(office: Office, *more: object) -> None:
    """Draw a notice up for the next five working days."""
    answer = office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS, *more)
    assert "error" not in answer, answer


def test_anybody_reads_a_notice_as_it_stood_and_until_when_to_object(lobby: Lobby) -> None:
    office, public = lobby.office, lobby.browser()
    assert "现在没有正在公示的名单" in public.open("/notices").text
    claims = approve(office, ONE, TWO)
    draw(office)
    office.ledger.append(*events("enterprise 420100 改名科技"))
    for today, listed, shown in (
        ("2022-11-01", "未开始", "尚未开始"),
        ("2022-11-02", "公示中", "正在公示，异议截止 2022年11月8日"),
        ("2022-11-08", "公示中", "正在公示，异议截止 2022年11月8日"),
        ("2022-11-09", "公示期已满", "公示期已满，末日为 2022年11月8日"),
    ):
        office.today = today
        assert listed in public.open("/notices").text, today
        text = public.open(f"/notices/{NOTICE}").text
        assert shown in text, today
        assert ("对名单有异议的单位和个人" in text) == (today < "2022-11-09")
    assert BASIS in text
    assert "华智科技" in text
    assert "改名科技" not in text
    for secret in (*claims, "12345678", "firm-1", "task-1"):
        assert secret not in text
    english = lobby.browser(language="en").open(f"/notices/{NOTICE}").text
    assert "Over: the last day was 8 November 2022" in english


def test_a_notice_is_downloaded_as_the_command_writes_it(lobby: Lobby) -> None:
    approve(lobby.office, ONE)
    draw(lobby.office)
    for form in ("csv", "xlsx"):
        path = lobby.office.folder / f"list.{form}"
        lobby.office.ask("", "notice", "show", NOTICE, "--out", path)
        answer = lobby.browser().open(f"/notices/{NOTICE}/list.{form}")
        assert answer.content == path.read_bytes()
        assert f"{NOTICE}.{form}" in answer.headers["content-disposition"]
    for nowhere in (f"/notices/{NOTICE}/list.pdf", "/notices/none", "/notices/none/list.csv"):
        assert lobby.browser().open(nowhere).status_code == 404


def test_a_page_costs_the_same_for_one_line_and_for_two(lobby: Lobby) -> None:
    approve(lobby.office, ONE, TWO)
    draw(lobby.office)
    with lobby.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        costs = []
        for limit in (1, 2):
            with counted(connection) as said:
                assert len(make_again(connection, NOTICE, size, 0, limit).notice.lines) == limit
            costs.append(len(said))
        whole, rest = make_again(connection, NOTICE, size), make_again(connection, NOTICE, size, 1)
    assert costs[0] == costs[1] <= 12
    assert rest.notice.lines == whole.notice.lines[1:]
    assert (rest.lines, rest.total_fen) == (2, whole.notice.total_fen)


def test_a_board_goes_on_where_the_page_before_ended(lobby: Lobby) -> None:
    names = ["third", "second", "first"]
    for name, claim in zip(
        reversed(names), approve(lobby.office, *three(lobby.office)), strict=True
    ):
        draw(lobby.office, "--notice", name, "--claim", claim)
    with lobby.shell.reading() as connection:
        known, size = lobby.shell.gathered, read_heads(connection)["book"].size
        whole, end = list_posted(connection, known, size)
        assert ([one.notice for one in whole], end) == (names, None)
        found, before = [], None
        while True:
            some, before = list_posted(connection, known, size, 1, before)
            found += some
            if before is None:
                break
        assert found == whole
        assert list_posted(connection, known, whole[1].place)[0] == whole[2:]


def three(office: Office) -> list[str]:
    """Return three invoices."""
    office.more_invoices(1)
    return office.invoices[:3]
