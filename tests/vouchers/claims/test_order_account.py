"""Which account an order pays into, and who may order into it."""

from ledger.codec import encode
from ledger.events import BankAccountSet, ClaimOrdered, EnterpriseForgotten
from tests.small_ledger import SALT
from tests.vouchers.claims.story import ENTERPRISE, Story, roster
from vouchers.claims.audit import judge
from vouchers.claims.helped import Papers
from vouchers.claims.transfers import Transfers

OLD, NEW = "a" * 64, "b" * 64


def accounts(*digests: str, by: str = "clerk") -> Papers:
    """Return the papers of an enterprise that set some accounts, one after the other."""
    papers = Papers()
    for number, digest in enumerate(digests):
        data = BankAccountSet(at="2022-11-01T00:00:00Z", digest=digest, recorded_by=by)
        papers.apply(encode("urn:test", f"account-{number}", ENTERPRISE, data, SALT))
    return papers


def refusals(story: Story, papers: Papers, account: str) -> list[str]:
    """Return why finance may not order a payment into an account."""
    said = {**story.said("payer"), "fund": "hubei", "amount_fen": 100, "order": "Z"}
    event = story.event(ClaimOrdered(**said, account_sha256=account))
    return [one.en for one in judge(roster(), story.claim, event, papers, Transfers())]


def cleared() -> Story:
    return Story().submit(account=OLD).check().approve().notice().clear()


def test_money_is_paid_to_the_account_that_the_claim_names() -> None:
    papers = accounts(OLD, NEW)
    assert refusals(cleared(), papers, OLD) == []
    assert "neither the one that the claim names" in refusals(cleared(), papers, NEW)[0]


def test_a_claim_without_an_account_is_paid_into_one_of_its_own() -> None:
    story = Story().submit().check().approve().notice().clear()
    assert refusals(story, accounts(OLD), OLD) == []
    assert len(refusals(story, accounts(OLD), NEW)) == len(refusals(story, Papers(), NEW)) == 1


def test_after_a_failed_order_money_goes_to_the_newest_account() -> None:
    failed = cleared().order(account_sha256=OLD).fail()
    papers = accounts(OLD, "c" * 64, NEW)
    assert refusals(failed, papers, NEW) == []
    assert len(refusals(failed, papers, OLD)) == len(refusals(failed, papers, "c" * 64)) == 1
    assert refusals(failed, accounts(OLD), OLD) == []
    assert failed.order(account_sha256=NEW).claim.account == NEW


def test_an_erased_account_gives_way_to_the_newest() -> None:
    papers = accounts(OLD)
    gone = EnterpriseForgotten(at="2022-11-02T00:00:00Z", requested_by="a", consented_by="b")
    papers.apply(encode("urn:test", "gone", ENTERPRISE, gone, SALT))
    assert refusals(cleared(), papers, OLD) == []
    for event in accounts(OLD, NEW).accounts[ENTERPRISE][1:]:
        papers.accounts.setdefault(ENTERPRISE, []).append(event)
    assert refusals(cleared(), papers, NEW) == []
    assert len(refusals(cleared(), papers, OLD)) == 1


def test_who_entered_the_new_account_does_not_order_into_it() -> None:
    failed = cleared().order(account_sha256=OLD).fail()
    assert "already acted" in refusals(failed, accounts(OLD, NEW, by="payer"), NEW)[0]
