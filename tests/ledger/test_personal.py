"""A digest stands for one datum of one enterprise and one kind, and for no other."""

import hashlib
from itertools import product

import pytest

from ledger.errors import InvalidInputError
from ledger.personal import (
    EVENTS,
    BankAccount,
    Contact,
    Kind,
    check,
    commit,
    encode_datum,
    parse_datum,
)

CODE = "91350100M000100Y43"
SALT = bytes(range(32))
CONTACT = '{"name":"张三丰","phone":"13800001111"}'.encode()
ACCOUNT = '{"bank":"工商银行","holder":"云栖","number":"6222000011112222"}'.encode()


def test_the_digest_is_what_the_page_says_it_is() -> None:
    text = b"cn.suanquan.personal-datum.v1\n" + CODE.encode() + b"\ncontact\n" + SALT + CONTACT
    assert commit(CODE, "contact", SALT, CONTACT) == hashlib.sha256(text).digest()


def test_a_digest_is_checked_by_the_same_datum_only() -> None:
    digest = commit(CODE, "contact", SALT, CONTACT)
    assert check(digest, CODE, "contact", SALT, CONTACT)
    assert not check(digest, CODE[:-1] + "4", "contact", SALT, CONTACT)
    assert not check(digest, CODE, "bank_account", SALT, CONTACT)
    assert not check(digest, CODE, "contact", SALT + b"{", CONTACT[1:])
    assert not check(digest, CODE, "contact", SALT[:-1], SALT[-1:] + CONTACT)


def test_every_flipped_bit_of_salt_value_and_digest_is_seen() -> None:
    digest = commit(CODE, "contact", SALT, CONTACT)
    parts = [digest, SALT, CONTACT]
    for which, part in enumerate(parts):
        for at, bit in product(range(len(part)), range(8)):
            flipped = bytearray(part)
            flipped[at] ^= 1 << bit
            changed = [*parts[:which], bytes(flipped), *parts[which + 1 :]]
            assert not check(changed[0], CODE, "contact", changed[1], changed[2])


@pytest.mark.parametrize(("kind", "raw"), [("contact", CONTACT), ("bank_account", ACCOUNT)])
def test_canonical_bytes_are_read_and_written_alike(kind: Kind, raw: bytes) -> None:
    datum = parse_datum(kind, raw)
    assert datum.kind == kind
    assert encode_datum(datum) == raw
    assert parse_datum(kind, b" " + raw.replace(b",", b" , ")) == datum
    assert EVENTS[kind].type.startswith(f"cn.suanquan.enterprise.{kind}.")


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("contact", b""),
        ("contact", b"[]"),
        ("contact", b'{"phone":"13800001111"}'),
        ("contact", b'{"name":""}'),
        ("contact", b'{"name":"a\\u0007"}'),
        ("contact", b'{"name":"secret-name","fax":"1"}'),
        ("contact", b'{"name":13800001111}'),
        ("contact", b'{"name":"\xff"}'),
        ("contact", b'{"name":"' + b"x" * 201 + b'"}'),
        ("contact", b'{"name":"x"}' + b" " * 4096),
        ("bank_account", b'{"holder":"a","bank":"b","number":"6222 0000 1111"}'),
        ("bank_account", b'{"holder":"a","bank":"b","number":"1234567"}'),
        ("bank_account", b'{"holder":"a","bank":"b"}'),
    ],
)
def test_what_is_no_datum_is_refused_without_repeating_it(kind: Kind, raw: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_datum(kind, raw)
    assert caught.value.code == "bad_datum"
    for secret in ("secret-name", "13800001111", "6222", "1234567"):
        assert secret not in str(caught.value)


def test_a_datum_shows_its_fields_by_name() -> None:
    assert Contact(name="a").phone is None
    assert BankAccount(holder="a", bank="b", number="12345678").number == "12345678"
