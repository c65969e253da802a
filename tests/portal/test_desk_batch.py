"""Claims and enterprises read for a list: the same as one by one, and each of them once."""

from ledger.claim_list import ClaimFilter, list_claims
from ledger.config import Settings
from portal.acting import at_console
from portal.claims.batch import read_each
from portal.claims.desk import GROUNDS_MAX, open_desk
from portal.claims.ground import read_ground
from portal.claims.reading import read_claim
from portal.shell import Shell
from tests.portal.office import ONE, OTHER, TWO, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]


def test_claims_read_together_are_those_read_one_by_one(office: Office) -> None:
    first, second = (office.submit(invoices=[one])["id"] for one in (ONE, TWO))
    cut = {"amount_fen": 100_000, "reason": "超出合同金额"}
    assert office.act("task-1", first, "cut", cuts=[cut])["state"] == "submitted"
    assert office.act("firm-1", second, "withdraw", reason="改报")["state"] == "withdrawn"
    with at_console(Shell(Settings.load(), "zh", as_json=True)) as act:
        desk = open_desk(act)
        wanted = [
            (one.claim, one.enterprise) for one in list_claims(act.connection, ClaimFilter(), 9)
        ]
        assert {claim for claim, _ in wanted} == {first, second}
        for read in read_each(act.connection, wanted[::-1], desk.size):
            alone = read_claim(act.connection, read.claim.claim, desk.size)
            assert (read.claim, read.events) == (alone.claim, alone.events)
            assert read.papers.helpers(read.claim) == alone.papers.helpers(alone.claim)
            assert read.claim.draw is not None
            assert not read.claim.owed_fen


def test_an_act_reads_an_enterprise_once_and_forgets_the_one_not_asked_for_longest(
    office: Office,
) -> None:
    office.submit()
    with at_console(Shell(Settings.load(), "zh", as_json=True)) as act:
        desk = open_desk(act)
        ground = desk.ground(CODE)
        anew = read_ground(act.connection, CODE, desk.size, desk.book)
        assert (ground.said, ground.usage) == (anew.said, anew.usage)
        assert ground.case("2022-11-01") is ground.case("2022-11-01")
        assert ground.case("2022-11-01") == anew.case("2022-11-01")
        desk.grounds |= {str(number): anew for number in range(GROUNDS_MAX - 1)}
        assert desk.ground(CODE) is ground
        desk.ground(OTHER)
        assert (len(desk.grounds), "0" in desk.grounds) == (GROUNDS_MAX, False)
        assert desk.ground(CODE) is ground
