"""Tile paths and entry bundles: no two texts parse alike, whatever is tried."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.tlog import (
    Tile,
    decode_bundle,
    encode_bundle,
    entries_path,
    parse_entries_path,
    parse_tile_path,
    tile_path,
)

NEARLY_PATHS = st.from_regex(
    r"tile/(entries|[0-9]{1,3})/(x?[0-9]{1,4}/){0,3}[0-9]{1,4}(\.p/[0-9]{0,4})?", fullmatch=True
)


def parsed(path: str) -> Tile | None:
    try:
        is_bundle = path.startswith("tile/entries")
        return parse_entries_path(path) if is_bundle else parse_tile_path(path)
    except InvalidInputError:
        return None


def rendered(tile: Tile, *, is_bundle: bool) -> str:
    if is_bundle:
        return entries_path(tile.index, tile.width)
    return tile_path(tile.level, tile.index, tile.width)


@given(NEARLY_PATHS)
def test_a_path_that_is_read_is_the_one_that_is_written(path: str) -> None:
    tile = parsed(path)
    if tile is not None:
        assert rendered(tile, is_bundle=path.startswith("tile/entries")) == path


def test_among_all_short_paths_each_tile_has_one() -> None:
    groups = ["", "x000/", "x001/", "000/", "x00/", "x0001/"]
    lasts = ["000", "00", "0", "001", "x001", "0001", "255", " 01", "٠٠٠"]
    widths = ["", ".p/1", ".p/01", ".p/255", ".p/256", ".p/0", ".p/", ".p", "/"]
    levels = ["entries", "0", "00", "1", "63", "64", "-0", "+1"]
    found: dict[tuple[bool, Tile], str] = {}
    for level, group, last, width in product(levels, groups, lasts, widths):
        path = f"tile/{level}/{group}{last}{width}"
        tile = parsed(path)
        if tile is not None:
            assert found.setdefault((level == "entries", tile), path) == path
    # Four spellings of a level, "", x001/ before three ends and three widths each; x000/ is none.
    assert len(found) == 4 * 2 * 3 * 3


@given(st.binary(max_size=40))
def test_a_bundle_that_is_read_is_the_one_that_is_written(data: bytes) -> None:
    try:
        entries = decode_bundle(data)
    except InvalidInputError:
        return
    assert encode_bundle(entries) == data


def test_among_all_short_bundles_each_list_of_entries_has_one() -> None:
    found: dict[tuple[bytes, ...], bytes] = {}
    for size in range(8):
        for letters in product((0, 1, 2), repeat=size):
            data = bytes(letters)
            try:
                entries = tuple(decode_bundle(data))
            except InvalidInputError:
                continue
            assert found.setdefault(entries, data) == data
    assert found[()] == b""
    assert found[b"", b"\1"] == b"\0\0\0\1\1"
