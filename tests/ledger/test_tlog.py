"""What a log shows: paths, bundles, checkpoints and notes, against the C2SP pages and Go's note."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.merkle import EMPTY_ROOT, SIZE_MAX
from ledger.tlog import (
    ENTRY_BYTES_MAX,
    Checkpoint,
    Tile,
    decode_bundle,
    encode_bundle,
    entries_path,
    find_in_bundle,
    parse_checkpoint,
    parse_entries_path,
    parse_tile_path,
    render_checkpoint,
    tile_path,
)

CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


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


def counted_or_refused(count: Callable[[bytes], int], data: bytes) -> int | str:
    """Return how many entries something counts in a bundle, or why it refuses it."""
    try:
        return count(data)
    except InvalidInputError as error:
        return str(error)


@given(
    st.lists(st.text(alphabet="ab\\\x00\x01", max_size=6).map(str.encode), max_size=20),
    st.lists(st.sampled_from([b"a", b"ab", b"bb", b"\\", b"\x00", b"\x01a"]), max_size=3),
)
def test_what_is_found_in_a_bundle_is_what_holds_a_mark(
    entries: list[bytes], marks: list[bytes]
) -> None:
    wanted = [one for one in enumerate(entries) if any(mark in one[1] for mark in marks)]
    data = encode_bundle(entries)
    assert find_in_bundle(data, marks) == (len(entries), wanted)
    for end in range(len(data)):
        counted = counted_or_refused(lambda cut: len(decode_bundle(cut)), data[:end])
        assert counted_or_refused(lambda cut: find_in_bundle(cut, marks)[0], data[:end]) == counted


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
