"""The two weights: always the same bytes, and no character that prints as a blank."""

import hashlib
import unicodedata
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError

from ledger.errors import InvalidInputError
from reports.fonts import Fonts, instantiate, load

SOURCE = files("justmytype_intl_cjk") / "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"

# With another fontTools these may change, and with them the bytes of every statement that is
# rendered again: then the renderer has a new version.
STATIC_FONTS = {
    "regular": "e45776aba17d47505f7bae8cd5cb4fc124497fd825ec160d41340c040177312d",
    "bold": "d00132659457c5dbbbe29df3080600e85e39577e2643311f69d9df405987f918",
}


@pytest.fixture(scope="module")
def small_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the variable font with a few characters only, so that it is instantiated at once."""
    path = tmp_path_factory.mktemp("source") / "small.ttf"
    options = subset.Options(name_IDs=["*"], notdef_outline=True)
    with as_file(SOURCE) as source:
        font = subset.load_font(str(source), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="算券0")
        subsetter.subset(font)
        subset.save_font(font, str(path), options)
        font.close()
    return path


def test_the_static_fonts_are_the_same_on_every_machine(faces: Fonts) -> None:
    assert version("fonttools") == "4.68.0"
    for weight, expected in STATIC_FONTS.items():
        path: Path = getattr(faces, weight).path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == expected


def test_the_clock_does_not_reach_the_font(
    small_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instantiate(small_source, 400, tmp_path / "one.ttf")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    instantiate(small_source, 400, tmp_path / "two.ttf")
    assert (tmp_path / "one.ttf").read_bytes() == (tmp_path / "two.ttf").read_bytes()
    with TTFont(small_source) as source, TTFont(tmp_path / "one.ttf") as made:
        assert made["head"].modified == source["head"].modified


def test_only_the_finished_font_is_left_in_the_cache(small_source: Path, tmp_path: Path) -> None:
    instantiate(small_source, 700, tmp_path / "bold.ttf")
    assert [path.name for path in tmp_path.iterdir()] == ["bold.ttf"]


def test_a_source_that_is_cut_short_leaves_nothing(small_source: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(small_source.read_bytes()[:1000])
    with pytest.raises(TTLibError):
        instantiate(broken, 700, tmp_path / "bold.ttf")
    assert list(tmp_path.iterdir()) == [broken]


@pytest.mark.parametrize(
    ("weight", "name"), [("regular", "NotoSansSC-Regular"), ("bold", "NotoSansSC-Bold")]
)
def test_each_weight_is_static_and_has_its_own_name(faces: Fonts, weight: str, name: str) -> None:
    with TTFont(getattr(faces, weight).path, lazy=True) as font:
        assert str(font["name"].getName(6, 3, 1)) == name
        assert font["OS/2"].usWeightClass == {"regular": 400, "bold": 700}[weight]
        assert not {"fvar", "gvar", "STAT", "GSUB", "GPOS", "vmtx"} & set(font.keys())


def test_bold_strokes_are_wider_than_regular_ones(faces: Fonts) -> None:
    areas = {}
    for weight in ("regular", "bold"):
        with TTFont(getattr(faces, weight).path, lazy=True) as font:
            glyph = font["glyf"][font.getBestCmap()[ord("一")]]
            areas[weight] = glyph.yMax - glyph.yMin
    assert areas["bold"] > 1.3 * areas["regular"]


def test_both_weights_have_the_same_characters(faces: Fonts) -> None:
    assert faces.regular.advances.keys() == faces.bold.advances.keys()


def test_a_process_loads_the_fonts_once(faces: Fonts) -> None:
    assert load(faces.regular.path.parent) is faces


def test_only_spaces_are_blank(faces: Fonts) -> None:
    with TTFont(faces.regular.path, lazy=True) as font:
        places, order = font["loca"], font.getReverseGlyphMap()
        for code, name in font.getBestCmap().items():
            glyph = order[name]
            blank = places[glyph] == places[glyph + 1]
            assert blank <= (unicodedata.category(chr(code)) == "Zs"), f"U+{code:04X}"


def test_a_width_is_the_sum_of_the_advances(faces: Fonts) -> None:
    assert faces.width("", 10) == 0
    assert faces.width("算券", 10) == 20
    assert faces.width("算", 8.5) == 8.5
    assert faces.width("A", 1000) != faces.width("A", 1000, bold=True)


def test_figures_are_equally_wide(faces: Fonts) -> None:
    for bold in (False, True):
        assert len({faces.width(digit, 1000, bold=bold) for digit in "0123456789"}) == 1


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("😀", "U+1F600"),
        ("\n", "U+000A"),
        ("\u200b", "U+200B"),
        ("\ue000", "U+E000"),
        ("ش", "U+0634"),
    ],
)
def test_a_character_without_a_glyph_is_refused_by_name(faces: Fonts, char: str, code: str) -> None:
    for measure in (faces.check_glyphs, lambda text: faces.width(text, 9, bold=True)):
        with pytest.raises(InvalidInputError) as caught:
            measure(f"武汉{char}科技")
        assert caught.value.code == "missing_glyph"
        for message in caught.value.message:
            assert code in message
            assert repr(char) in message
            assert repr(f"武汉{char}科技") in message


def test_a_text_that_can_be_printed_is_not_refused(faces: Fonts) -> None:
    faces.check_glyphs("武汉𬭎科技（湖北）有限公司 <b>&\\() ￥¥100.00")
