"""What a log shows: paths, bundles, checkpoints and notes, against the C2SP pages and Go's note."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError, TamperedLogError
from ledger.merkle import EMPTY_ROOT, SIZE_MAX
from ledger.tlog import (
    ENTRY_BYTES_MAX,
    NOTE_CHARACTERS_MAX,
    SIGNATURES_MAX,
    Checkpoint,
    Note,
    Signature,
    Tile,
    VerifierKey,
    decode_bundle,
    encode_bundle,
    entries_path,
    open_note,
    parse_checkpoint,
    parse_entries_path,
    parse_note,
    parse_tile_path,
    parse_vkey,
    render_checkpoint,
    render_note,
    render_vkey,
    sign_note,
    tile_path,
)

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

CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def peter_private_key() -> Ed25519PrivateKey:
    typed = b64decode(PETER_SKEY.split("+", 4)[4])
    assert typed[0] == 1
    return Ed25519PrivateKey.from_private_bytes(typed[1:])


# --- tile paths ---

PATHS = (
    ("tile/0/x001/x234/067", 0, 1_234_067, 256),
    ("tile/0/x001/x234/067.p/12", 0, 1_234_067, 12),
    ("tile/0/000", 0, 0, 256),
    ("tile/0/999.p/255", 0, 999, 255),
    ("tile/1/x001/000.p/1", 1, 1_000, 1),
    ("tile/63/x999/999", 63, 999_999, 256),
    ("tile/2/x036/x028/x797/x018/x963/967", 2, SIZE_MAX // 256, 256),
)


@pytest.mark.parametrize(("path", "level", "index", "width"), PATHS)
def test_a_tile_path_is_that_of_the_specification(
    path: str, level: int, index: int, width: int
) -> None:
    assert tile_path(level, index, width) == path
    assert parse_tile_path(path) == Tile(level, index, width)
    bundle = "tile/entries" + path.removeprefix(f"tile/{level}")
    assert entries_path(index, width) == bundle
    assert parse_entries_path(bundle) == Tile(0, index, width)


@given(st.integers(0, 63), st.integers(0, SIZE_MAX // 256), st.integers(1, 256))
def test_a_parsed_path_is_the_tile_it_was_made_of(level: int, index: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, index, width)) == Tile(level, index, width)
    assert parse_entries_path(entries_path(index, width)) == Tile(0, index, width)


PLACES_REFUSED = (
    "",
    "0",
    "67",
    "0067",
    "x067",
    "x000/067",
    "x000/x001/067",
    "001/067",
    "x001/x067",
    "x001/67",
    "x1/067",
    "067.p/0",
    "067.p/00",
    "067.p/01",
    "067.p/256",
    "067.p/257",
    "067.p/",
    "067.p",
    "067.p/-1",
    "067/",
    "067\n",
    "/067",
    "-67",
    "०६७",
    "../067",
    "x036/x028/x797/x018/x963/968",
    "x999/x999/x999/x999/x999/x999/999",
    "x001/" * 5_000 + "000",
)


@pytest.mark.parametrize("place", PLACES_REFUSED)
def test_another_spelling_of_a_place_is_refused(place: str) -> None:
    with pytest.raises(InvalidInputError, match="tile_path"):
        parse_tile_path(f"tile/0/{place}")
    with pytest.raises(InvalidInputError, match="tile_path"):
        parse_entries_path(f"tile/entries/{place}")


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/067",
        "tile/00/067",
        "tile/-1/067",
        "tile/x/067",
        "tile//067",
        "/tile/0/067",
        "tile/0",
        "tiles/0/067",
        "tile/entries/067",
        "tile/100/067",
    ],
)
def test_another_level_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(InvalidInputError, match="tile_path"):
        parse_tile_path(path)


def test_a_tile_is_no_bundle() -> None:
    with pytest.raises(InvalidInputError, match="tile_path"):
        parse_entries_path("tile/0/067")


# --- entry bundles ---


def test_a_bundle_is_each_entry_after_its_length() -> None:
    data = encode_bundle([b"", b"a", b"b" * 258])
    assert data == b"\x00\x00" + b"\x00\x01a" + b"\x01\x02" + b"b" * 258
    assert decode_bundle(data) == [b"", b"a", b"b" * 258]


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_decoded_bundle_is_what_was_encoded(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


def test_the_longest_entry_fits_a_bundle_and_a_longer_one_is_a_bug() -> None:
    longest = bytes(ENTRY_BYTES_MAX)
    assert decode_bundle(encode_bundle([longest, b"x"])) == [longest, b"x"]
    with pytest.raises(AssertionError):
        encode_bundle([longest + b"\0"])


def test_a_bundle_that_breaks_off_is_refused() -> None:
    entries = [b"one", b"", b"three"]
    data = encode_bundle(entries)
    whole = {0: 0, 5: 1, 7: 2, 14: 3}
    for end in range(len(data) + 1):
        if end in whole:
            assert decode_bundle(data[:end]) == entries[: whole[end]]
        else:
            with pytest.raises(InvalidInputError, match="bundle_form"):
                decode_bundle(data[:end])


def test_a_bundle_holds_256_entries_at_most() -> None:
    assert len(decode_bundle(bytes(2 * 256))) == 256
    with pytest.raises(InvalidInputError, match="bundle_form"):
        decode_bundle(bytes(2 * 257))
    with pytest.raises(AssertionError):
        encode_bundle([b""] * 257)


# --- checkpoints ---


def test_the_checkpoint_of_the_specification_is_read_and_rendered() -> None:
    checkpoint = parse_checkpoint(CHECKPOINT)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert render_checkpoint(checkpoint) == CHECKPOINT


@given(
    st.from_regex(r"[a-z.]{1,20}/[a-z]{1,9}", fullmatch=True),
    st.integers(0, SIZE_MAX),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text("ab 0=+—算券", min_size=1)),
)
def test_a_parsed_checkpoint_is_what_was_rendered(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert parse_checkpoint(render_checkpoint(checkpoint)) == checkpoint


ROOT = b64encode(EMPTY_ROOT).decode()


@pytest.mark.parametrize("size", ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "1.0", "٣", "x"])
def test_a_checkpoint_with_another_spelling_of_its_size_is_refused(size: str) -> None:
    with pytest.raises(InvalidInputError, match="checkpoint_form"):
        parse_checkpoint(f"origin\n{size}\n{ROOT}\n")


def test_a_checkpoint_has_a_size_that_databases_hold() -> None:
    assert parse_checkpoint(f"origin\n{SIZE_MAX}\n{ROOT}\n").size == SIZE_MAX
    for size in (str(SIZE_MAX + 1), "1" + "0" * 19, "1" + "0" * 5_000):
        with pytest.raises(InvalidInputError, match="checkpoint_form"):
            parse_checkpoint(f"origin\n{size}\n{ROOT}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "origin\n",
        "origin\n0\n",
        f"origin\n0\n{ROOT}",
        f"\n0\n{ROOT}\n",
        f"origin\n0\n{ROOT}\n\n",
        f"origin\n0\n{ROOT}\n\nextension\n",
        f"origin\n0\n{ROOT}\nextension",
        f"origin\r\n0\r\n{ROOT}\r\n",
        f"origin\n0\n{ROOT[:-1]}\n",
        f"origin\n0\n{ROOT[:-2]}V=\n",
        f"origin\n0\n {ROOT}\n",
        f"origin\n0\n{ROOT}=\n",
        f"origin\n0\n{b64encode(EMPTY_ROOT[:31]).decode()}\n",
        f"origin\n0\n{b64encode(EMPTY_ROOT + b'x').decode()}\n",
        f"origin\n0\n{EMPTY_ROOT.hex()}\n",
        "origin\n0\n根\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="checkpoint_form"):
        parse_checkpoint(text)


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
