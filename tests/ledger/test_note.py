"""Signed notes and their keys, against the C2SP page and the vectors of Go's note package."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import InvalidInputError, TamperedLogError
from ledger.note import (
    NOTE_CHARACTERS_MAX,
    SIGNATURES_MAX,
    Note,
    Signature,
    VerifierKey,
    open_note,
    parse_note,
    parse_vkey,
    render_note,
    render_vkey,
    sign_note,
)
from ledger.tlog import Checkpoint, parse_checkpoint, render_checkpoint

# --- the vectors of golang.org/x/mod/sumdb/note ---

PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
    "WWd1RvMc+QQ=\n"
)
PETER_NOTE = f"{TEXT}\n{PETER_LINE}"
BOTH_NOTE = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
PETER = parse_vkey(PETER_VKEY)
ENOCH = parse_vkey(ENOCH_VKEY)


def peter_private_key() -> Ed25519PrivateKey:
    typed = b64decode(PETER_SKEY.split("+", 4)[4])
    assert typed[0] == 1
    return Ed25519PrivateKey.from_private_bytes(typed[1:])


# --- keys ---


@pytest.mark.parametrize("vkey", [PETER_VKEY, ENOCH_VKEY])
def test_a_verifier_key_is_that_of_go(vkey: str) -> None:
    key = parse_vkey(vkey)
    assert key.key_id.hex() == vkey.split("+")[1]
    assert len(key.public_key) == 32
    assert render_vkey(key) == vkey


def test_a_part_of_a_verifier_key_is_refused() -> None:
    for start in range(len(PETER_VKEY)):
        for end in range(start, len(PETER_VKEY) + (start > 0)):
            with pytest.raises(InvalidInputError, match="vkey_form"):
                parse_vkey(PETER_VKEY[start:end])


def test_a_verifier_key_with_another_character_anywhere_is_refused() -> None:
    for i, char in enumerate(PETER_VKEY):
        for other in {chr(ord(char) + 1), char.swapcase(), "+", " ", "\n", "=", "密", "\ud800"}:
            if other != char:
                with pytest.raises(InvalidInputError, match="vkey_form"):
                    parse_vkey(PETER_VKEY[:i] + other + PETER_VKEY[i + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        # Another length, and another algorithm, each with the key id that fits it.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_key_of_another_kind_is_refused(vkey: str) -> None:
    with pytest.raises(InvalidInputError, match="vkey_form"):
        parse_vkey(vkey)


NAMES_REFUSED = ("", "a b", "a+b", "a\u3000b", "a\u00a0b", "a\nb", "a\x00b", "a\x7f\x1fb", "\ud800")


@pytest.mark.parametrize("name", NAMES_REFUSED)
def test_a_name_that_no_signature_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="key_name"):
        render_vkey(VerifierKey(name, bytes(32)))
    with pytest.raises(InvalidInputError, match="key_name"):
        sign_note(TEXT, name, peter_private_key())


# --- signed notes ---


def test_signing_makes_the_note_of_go_byte_for_byte() -> None:
    assert sign_note(TEXT, "PeterNeumann", peter_private_key()) == PETER_NOTE


def test_the_note_of_go_opens_with_the_keys_that_signed_it() -> None:
    opened = open_note(BOTH_NOTE, [ENOCH, PETER])
    assert opened.text == TEXT
    assert opened.signers == (PETER, ENOCH)
    assert opened.unknown == ()


def test_a_signature_by_an_unknown_key_is_kept_and_ignored() -> None:
    opened = open_note(BOTH_NOTE, [ENOCH])
    assert opened.signers == (ENOCH,)
    assert [one.name for one in opened.unknown] == ["PeterNeumann"]
    assert render_note(Note(opened.text, opened.unknown)) == PETER_NOTE


def test_a_cosignature_added_later_changes_nothing_for_the_log_key() -> None:
    note = parse_note(PETER_NOTE)
    witness = Signature("witness.example", b"\x01\x02\x03\x04", bytes(8 + 64))
    cosigned = render_note(note._replace(signatures=(*note.signatures, witness)))
    assert cosigned.startswith(PETER_NOTE)
    opened = open_note(cosigned, [PETER])
    assert opened == (TEXT, (PETER,), (witness,))


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    for keys in ([], [ENOCH]):
        with pytest.raises(TamperedLogError, match="signature_missing"):
            open_note(PETER_NOTE, keys)


def test_a_key_of_the_same_name_or_the_same_id_alone_is_unknown() -> None:
    namesake = VerifierKey("PeterNeumann", ENOCH.public_key)
    assert namesake.key_id != PETER.key_id
    with pytest.raises(TamperedLogError, match="signature_missing"):
        open_note(PETER_NOTE, [namesake])
    line = render_note(parse_note(PETER_NOTE)).split("\n\n")[1].replace("PeterNeumann", "Peter")
    with pytest.raises(TamperedLogError, match="signature_missing"):
        open_note(f"{TEXT}\n{line}", [PETER])


def test_an_invalid_signature_of_a_known_key_refuses_a_note_that_another_one_signed() -> None:
    good = parse_note(BOTH_NOTE).signatures
    for i, key in enumerate((PETER, ENOCH)):
        bent = good[i]._replace(signature=bytes(64))
        for signatures in ((bent, good[1 - i]), (good[1 - i], bent), (*good, bent), (bent, *good)):
            text = render_note(Note(TEXT, signatures))
            with pytest.raises(TamperedLogError, match="signature_invalid"):
                open_note(text, [PETER, ENOCH])
            if good[i] not in signatures:
                assert open_note(text, [ENOCH if key is PETER else PETER]).unknown == (bent,)


def test_a_signature_of_another_length_is_invalid() -> None:
    good = parse_note(PETER_NOTE).signatures[0]
    for signature in (good.signature[:-1], good.signature + b"\0", b"\0"):
        text = render_note(Note(TEXT, (good._replace(signature=signature),)))
        with pytest.raises(TamperedLogError, match="signature_invalid"):
            open_note(text, [PETER])


def test_a_key_that_signed_twice_counts_once() -> None:
    opened = open_note(PETER_NOTE + PETER_LINE, [PETER, PETER])
    assert opened.signers == (PETER,)


def test_a_flipped_bit_anywhere_in_a_note_is_found() -> None:
    data = PETER_NOTE.encode()
    for bit in range(8 * len(data)):
        bent = bytearray(data)
        bent[bit // 8] ^= 1 << bit % 8
        # An undecodable byte keeps its place as a surrogate, which no note may hold.
        text = bent.decode(errors="surrogateescape")
        with pytest.raises((InvalidInputError, TamperedLogError)):
            open_note(text, [PETER])


def test_a_text_may_hold_empty_lines_and_lines_like_signatures() -> None:
    for text in ("\n", "\n\n", "a\n\nb\n", f"a\n\n{ENOCH_LINE}", "算券\n\n\n"):
        note = sign_note(text, "PeterNeumann", peter_private_key())
        opened = open_note(note, [PETER])
        assert opened == (text, (PETER,), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT,
        TEXT + "\n",
        PETER_LINE,
        "\n" + PETER_LINE,
        TEXT + PETER_LINE,
        PETER_NOTE[:-1],
        PETER_NOTE + "\n",
        PETER_NOTE + "Unexpected line.\n",
        PETER_NOTE + PETER_LINE.replace("— ", "- "),
        PETER_NOTE + PETER_LINE.replace("— ", "—  "),
        PETER_NOTE + PETER_LINE.replace("— ", ""),
        PETER_NOTE + PETER_LINE.replace("PeterNeumann", "Peter Neumann"),
        PETER_NOTE + PETER_LINE.replace("PeterNeumann", "Peter+Neumann"),
        PETER_NOTE + PETER_LINE.replace("PeterNeumann", "Peter\u2003Neumann"),
        PETER_NOTE + PETER_LINE.replace("PeterNeumann", ""),
        PETER_NOTE + PETER_LINE.replace("\n", " \n"),
        PETER_NOTE + PETER_LINE.replace("AM=", "AN="),
        PETER_NOTE + PETER_LINE.replace("=", ""),
        PETER_NOTE + "— Short x08gow==\n",
        PETER_NOTE + "— Empty \n",
        PETER_NOTE.replace("\n", "\r\n"),
        "\x01" + PETER_NOTE,
        "\t" + PETER_NOTE,
        "\ud800" + PETER_NOTE,
    ],
)
def test_a_malformed_note_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="note_form"):
        open_note(text, [PETER])


def test_a_note_has_limits() -> None:
    most = TEXT + "\n" + PETER_LINE * SIGNATURES_MAX
    assert len(parse_note(most).signatures) == SIGNATURES_MAX
    padding = "x" * (NOTE_CHARACTERS_MAX - len(PETER_NOTE))
    assert parse_note(padding + PETER_NOTE).text == padding + TEXT
    for text in (most + PETER_LINE, "x" + padding + PETER_NOTE):
        with pytest.raises(InvalidInputError, match="note_form"):
            parse_note(text)


def test_a_text_that_no_note_can_hold_is_never_signed() -> None:
    for text in ("\x00\n", "\ud800\n", "", "no newline at the end"):
        with pytest.raises(AssertionError):
            sign_note(text, "PeterNeumann", peter_private_key())


def test_a_checkpoint_signed_by_its_log_is_read_back() -> None:
    private_key = peter_private_key()
    checkpoint = Checkpoint("suanquan.example/usage", 70_000, bytes(range(32)))
    note = sign_note(render_checkpoint(checkpoint), checkpoint.origin, private_key)
    key = VerifierKey(checkpoint.origin, private_key.public_key().public_bytes_raw())
    assert parse_checkpoint(open_note(note, [parse_vkey(render_vkey(key))]).text) == checkpoint
