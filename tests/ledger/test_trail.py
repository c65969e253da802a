"""The trail says which entries of the book are about what; a reader gets those and no others."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ledger import tables
from ledger.codec import Event, encode
from ledger.erasable import read_holder, read_roster
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import (
    TYPES,
    ClaimData,
    ClaimStep,
    Data,
    FundAppropriated,
    FundClosed,
    FundData,
    FundTransferred,
    LogKeyIntroduced,
    LogKeyRetired,
    RoleGranted,
    RoleRevoked,
    TokenIssued,
    VoucherDrawn,
)
from ledger.personal import Contact
from ledger.projection import PROJECTIONS
from ledger.read import read_events
from ledger.roster import Roster, digest_of
from ledger.store import Store
from ledger.topics import PEOPLE, RULES, VOUCHERS, topics_of
from ledger.trail import CHUNKS_AT_ONCE, read_trail
from tests.ledger import books, people
from tests.ledger.conftest import (
    CODE,
    EXAMPLES,
    NOW_MS,
    OTHER_CODE,
    Ledger,
    fact,
    findings,
    tampering,
)
from tests.ledger.people import FORGOTTEN, KEPT, fill_people
from tests.queries import counted

INVOICE = "22420000000000000001"


def event_of(data: Data, number: int = 0, subject: str = CODE) -> Event:
    about = subject if data.about_enterprise else ""
    salt = None if data.log == "usage" else books.SALT
    return encode("urn:test", f"{number}-{data.type}", about, data, salt)


def examples() -> Iterator[Event]:
    """Yield an event of each type with every field given."""
    return (event_of(data, number) for number, data in enumerate(EXAMPLES))


def said_of(name: str) -> set[str]:
    """Return the topics of the example of a type, named without prefix and version."""
    kind = TYPES[f"cn.suanquan.{name}.v1"]
    (found,) = (one for one in examples() if one.kind is kind)
    return set(topics_of(found))


# --- what an event is about ---


@pytest.mark.parametrize(
    ("name", "topics"),
    [
        ("usage.recorded", set()),
        ("usage.tallied", set()),
        ("batch.recorded", set()),
        ("fund.appropriated", set()),
        ("role.granted", {PEOPLE, "person/gh-1"}),
        ("token.issued", {PEOPLE, "person/a", "token/" + "6" * 64}),
        ("account.invited", {PEOPLE, "person/a"}),
        ("account.opened", {PEOPLE, "person/a"}),
        ("programme.adopted", {RULES}),
        ("calendar.adopted", {RULES}),
        ("resource.listed", {RULES}),
        ("enterprise.contact.recorded", {f"personal/{CODE}"}),
        ("enterprise.forgotten", {PEOPLE, f"personal/{CODE}"}),
        ("contract.registered", {f"enterprise/{CODE}"}),
        (
            "statement.issued",
            {
                *(f"enterprise/{CODE}", "file/" + "5" * 64),
                *("statement/JS-2022-07-000001", "statement/JS-2022-07-000000"),
            },
        ),
        ("statement.sealed", {"statement/JS-2022-07-000001", "file/" + "6" * 64}),
        ("voucher.granted", {f"enterprise/{CODE}", VOUCHERS}),
        ("voucher.lapsed", {f"enterprise/{CODE}", VOUCHERS}),
        ("voucher.released", {f"enterprise/{CODE}", "claim/SQ-2022-1", f"invoice/{INVOICE}"}),
        ("claim.drafted", {"claim/SQ-2022-1", f"claims-of/{CODE}"}),
        ("claim.submitted", {"claim/SQ-2022-1", f"claims-of/{CODE}", f"invoice/{INVOICE}"}),
        ("claim.resubmitted", {"claim/SQ-2022-1", f"invoice/{INVOICE}"}),
        ("claim.noticed", {"claim/SQ-2022-1", "notice/GS-2022-1"}),
        ("claim.paid", {"claim/SQ-2022-1", "bank/b1"}),
        ("claim.failed", {"claim/SQ-2022-1", "bank/b2"}),
        ("claim.clawback.recovered", {"claim/SQ-2022-1", "bank/b3"}),
    ],
)
def test_an_event_is_about_what_it_names(name: str, topics: set[str]) -> None:
    assert said_of(name) == topics


def test_every_event_about_an_enterprise_is_found_under_it_or_its_claims() -> None:
    for one in examples():
        topics = topics_of(one)
        assert len(set(topics)) == len(topics)
        if one.kind.log == "usage" or not one.kind.about_enterprise:
            assert not [topic for topic in topics if one.subject and one.subject in topic]
        elif issubclass(one.kind, ClaimData | ClaimStep):
            assert "claim/SQ-2022-1" in topics
            assert f"enterprise/{CODE}" not in topics
        else:
            assert {f"enterprise/{CODE}", f"personal/{CODE}"} & set(topics)


def test_every_event_of_the_book_can_be_found_or_is_looked_for_by_nobody() -> None:
    lost = {one.kind for one in examples() if one.kind.log == "book" and not topics_of(one)}
    funds = {FundAppropriated, FundTransferred, FundClosed}
    assert lost == funds | {LogKeyIntroduced, LogKeyRetired}


def test_a_draw_for_no_claim_names_none_and_one_for_two_invoices_names_both() -> None:
    draw = VoucherDrawn(
        programme="hubei", year=2022, amount_fen=1, drawn_on="2022-11-01", version="-"
    )
    assert topics_of(event_of(draw)) == (f"enterprise/{CODE}",)
    both = VoucherDrawn(
        programme="hubei",
        year=2022,
        amount_fen=1,
        drawn_on="2022-11-01",
        version="-",
        invoices=("1", "2", "1"),
    )
    assert topics_of(event_of(both))[1:] == ("invoice/1", "invoice/2")


# --- reading ---


def fill(ledger: Ledger, seed: int, batches: int = 30) -> None:
    """Append a random history of people, papers and claims, in batches of many sizes."""
    chance = books.seeded(seed)
    fill_people(ledger.store)
    carried, _ = books.random_history(chance, (CODE, OTHER_CODE), batches * 6)
    others = [one for one in examples() if not issubclass(one.kind, ClaimData | FundData)]
    waiting = [carried, [one for one in others if one.kind.log == "book"]]
    for number in range(batches):
        some = [fact(f"fact-{number}")]
        for queue in waiting:
            some += [queue.pop(0) for _ in range(min(len(queue), chance.randrange(8)))]
        Store(ledger.write, PROJECTIONS).append_own(some, NOW_MS)


def whole_book(connection: Connection, size: int) -> list[tuple[int, Event]]:
    return list(read_events(connection, "book", 0, size))


def test_a_reader_gets_what_the_whole_book_says_of_its_topics(ledger: Ledger) -> None:
    fill(ledger, 1)
    size = ledger.heads()["book"].size
    with ledger.reader.connect() as connection:
        book = whole_book(connection, size)
        known = sorted({topic for _, one in book for topic in topics_of(one)})
        assert len(known) > 15
        wanted = [[topic] for topic in known] + [known[at::7] for at in range(7)] + [known, []]
        for topics in wanted:
            for at in (size, size // 2, 1, 0):
                expected = [
                    (index, one)
                    for index, one in book[:at]
                    if not set(topics).isdisjoint(topics_of(one))
                ]
                found = list(read_trail(connection, topics, at))
                assert [(index, one.raw) for index, one in found] == [
                    (index, one.raw) for index, one in expected
                ]


def test_scattered_entries_cost_a_query_for_many_chunks(ledger: Ledger) -> None:
    draws = CHUNKS_AT_ONCE + 3
    with ledger.store.together() as store:
        for number in range(draws):
            store.append_own([fact(f"f-{number}")], NOW_MS)
    with ledger.reader.connect() as connection:
        size = ledger.heads()["book"].size
        with counted(connection) as said:
            found = list(read_trail(connection, [f"enterprise/{CODE}"], size))
    assert [index for index, _ in found] == list(range(0, 2 * draws, 2))
    assert sum(one.startswith("SELECT") for one in said) == 3


def test_an_entry_with_two_of_the_topics_comes_once(ledger: Ledger) -> None:
    fill_people(ledger.store)
    topics = [PEOPLE, f"personal/{FORGOTTEN}"]
    with ledger.reader.connect() as connection:
        found = [index for index, _ in read_trail(connection, topics, 10_000)]
    assert found == sorted(set(found))
    assert len(found) == 5


@pytest.mark.parametrize("index", [0, 2, 9_999])
def test_a_trail_that_leads_elsewhere_is_refused(evidence: Ledger, index: int) -> None:
    with tampering(evidence.own) as connection:
        connection.execute(tables.trail.insert().values(topic="claim/x", leaf_index=index))
        with pytest.raises(TamperedLogError, match="bad_trail"):
            list(read_trail(connection, ["claim/x"], 10_000))


def test_an_entry_beyond_the_head_is_refused_before_anything_is_written(ledger: Ledger) -> None:
    ledger.append(fact("f-1"))
    with ledger.own.begin() as connection:
        row = {"topic": f"enterprise/{CODE}", "leaf_index": 2}
        connection.execute(tables.trail.insert().values(row))
    before = ledger.dump()
    with pytest.raises(TamperedLogError, match="beyond_head"):
        ledger.append(fact("f-2"))
    assert ledger.dump() == before


def test_a_trail_that_is_gone_is_named_by_a_replay(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        connection.execute(text("DELETE FROM trail WHERE leaf_index = 0"))
        found = findings(connection)
    assert {(one.table, one.column) for one in found} == {("trail", "topic")}


# --- who may act, from the trail ---


def folded(connection: Connection, size: int) -> Roster:
    """Return the roster of the whole book."""
    roster = Roster()
    for _, one in whole_book(connection, size):
        roster.apply(one)
    return roster


def test_a_holder_is_found_by_the_token_alone(ledger: Ledger) -> None:
    fill_people(ledger.store)
    chance = books.seeded(4)
    tokens = [f"sq_{number}" for number in range(40)]
    for number, token in enumerate(tokens):
        said: dict[str, Any] = {"at": people.AT, "person": f"p-{chance.randrange(8)}"}
        kind, by = chance.choice([(RoleGranted, "granted_by"), (RoleRevoked, "revoked_by")])
        role = kind(**said, role="task_force", scope="wuhan", **{by: "a"})
        issued = TokenIssued(
            **said, token_sha256=digest_of(token), expires_at="2022-09-01T00:00:00Z", issued_by="a"
        )
        people.record(ledger.store, ("", role), ("", issued))
        ledger.append(fact(f"f-{number}"))
    size = ledger.heads()["book"].size
    valid = 0
    with ledger.reader.connect() as connection:
        for at, token in itertools.product(range(9, size, 13), [*tokens, "unknown"]):
            everybody = folded(connection, at)
            alone = read_holder(connection, token, at, KEPT)
            kept = {key: one for key, one in everybody.held.items() if one.enterprise == KEPT}
            assert alone.held == kept
            outcome = [holder_in(roster, token) for roster in (everybody, alone)]
            assert outcome[0] == outcome[1]
            assert alone.index == at
            if isinstance(outcome[0], TokenIssued):
                person, valid = outcome[0].person, valid + 1
                assert alone.grants == {person: everybody.grants[person]}
    assert valid > 20


def holder_in(roster: Roster, token: str) -> TokenIssued | str:
    """Return the issue of a token, or the code of the refusal."""
    try:
        return roster.holder(token, NOW_MS)
    except RuleViolationError as error:
        return error.code


def test_a_roster_is_that_of_the_whole_book_but_for_others_data(ledger: Ledger) -> None:
    fill(ledger, 2)
    people.keep(ledger.store, KEPT, Contact(name="李四"))
    size = ledger.heads()["book"].size
    with ledger.reader.connect() as connection:
        for at, enterprise in itertools.product(range(size + 1), (None, KEPT, FORGOTTEN, CODE)):
            expected, found = folded(connection, at), read_roster(connection, at, enterprise)
            expected.held = {
                digest: one for digest, one in expected.held.items() if one.enterprise == enterprise
            }
            assert found == expected
