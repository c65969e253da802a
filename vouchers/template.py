"""The two files that a new programme begins with: its rules and its test, ready to run.

Every value is assumed, and every clause waits for its text. So the file decides from its first
minute, and says at each step that it is not to be believed yet.
"""

import keyword
import re
import unicodedata
from typing import Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.programme import Level
from vouchers.regions import REGIONS
from vouchers.remark import TO_FILL

_PLACE: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
# As long as the longest line of the files allows.
PLACE_CHARS_MAX: Final = 22

_ENDINGS: Final = ("特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市")
# Where the place is in no table: the province of the centre that this was first built for.
_ELSEWHERE: Final = "42"


class Files(NamedTuple):
    """The text of a programme file and of its test."""

    programme: str
    test: str


def parse_place(place: str) -> str:
    """Return the place as given: small ASCII letters, digits and single underscores.

    Raises `InvalidInputError` (code `bad_place`) with the name that was probably meant.
    """
    if (
        _PLACE.fullmatch(place) is None
        or keyword.iskeyword(place)
        or keyword.issoftkeyword(place)
        or len(place) > PLACE_CHARS_MAX
    ):
        shown, meant = place[:PLACE_CHARS_MAX], _suggest(place)
        raise InvalidInputError(
            "bad_place",
            Text(f"{shown!r} 不能作项目文件名", f"{shown!r} cannot name a programme file"),
            Text(
                f"请用小写拼音，例如 {meant}；可含数字和下划线",
                f"use small letters, digits and underscores, such as {meant}",
            ),
        )
    return place


def _suggest(place: str) -> str:
    """Return a name in ASCII for whatever was typed; `jinan` where nothing is left of it."""
    for region in REGIONS.values():
        if _bare(place.strip()) == _bare(region.name.zh):
            return region.id
    plain = unicodedata.normalize("NFKD", place).replace("'", "").replace("’", "")
    ascii_only = plain.encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", ascii_only)
    name = "_".join(words).lstrip("0123456789_")[:PLACE_CHARS_MAX].rstrip("_")
    if not name:
        return "jinan"
    return f"{name}_city" if keyword.iskeyword(name) or keyword.issoftkeyword(name) else name


def _bare(name: str) -> str:
    """Return a place's name without what kind of place it is."""
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def write_files(place: str, level: Level, year: int, *, package: str) -> Files:
    """Return the files of a new programme in force from the first day of a year.

    `package` is the dotted name of the folder in which the test finds it, with a full stop at its
    end; empty where both files stand side by side.
    """
    region = next((code for code, one in REGIONS.items() if one.id == place), _ELSEWHERE)
    known = REGIONS[region].id == place
    imports = [
        f"from {package}{place} import PROGRAMME",
        "from vouchers.decide import decide",
        "from vouchers.testing import CaseBuilder, case, codes",
    ]
    words = {
        "{place}": place,
        "{title}": REGIONS[region].name.en if known else place.replace("_", " ").title(),
        "{name}": REGIONS[region].name.zh if known else f"{TO_FILL.zh}：{place} ",
        "{level}": level,
        "{region}": region,
        "{whole_region}": region.ljust(6, "0") if region != _ELSEWHERE else f"{region}0100",
        "{year}": str(year),
        "{last_year}": str(year - 1),
        "{next_year}": str(year + 1),
        "{other_region}": "110000" if region != "11" else "120000",
        "{imports}": "\n".join(sorted(imports)),
        "{zh}": TO_FILL.zh,
        "{en}": TO_FILL.en,
    }
    programme, test = _PROGRAMME, _TEST
    for word, said in words.items():
        programme, test = programme.replace(word, said), test.replace(word, said)
    return Files(programme, test)


_PROGRAMME: Final = '''\
"""{title}: compute voucher. Name the documents here, and what they leave open.

Every value is assumed until its clause stands beside it: replace assume(…) by cite(_RULE, …) and
grade A by P (official text), M (official text read in a repost) or N (press). A value without a
text stays assumed; it is shown as assumed wherever it decides. Where the text has articles,
`Source(_RULE, "P").article(3, …)` cites one in a word. `suanquan programme check` says what is left
to do.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers.programme import (
    Cited,
    Held,
    NotDeclared,
    Programme,
    RegisteredIn,
    ResourceIs,
    Version,
    assume,
)

# The document by its number, for example Text("济科发〔{year}〕1号", "济科发〔{year}〕1号").
_RULE: Final = Text("{zh}：文号", "{en}: the document's number")

_VERSION_{year}: Final = Version(
    id="{year}",
    document=_RULE,
    # The first day in force. A version that has ended also has valid_to, its last day.
    valid_from=Cited(
        date({year}, 1, 1), assume("{zh}：施行日期", "{en}: in force from"), "A"
    ),
    # The day on which version and statuses are tested: "application", "contract_signed",
    # "service_completed" or "paid_in_full".
    legal_date=Cited(
        "application", assume("{zh}：认定日期", "{en}: the day tested"), "A"
    ),
    # The year that a claim belongs to: "of_application", or "of_window" with windows=(…).
    claim_year=Cited("of_application", assume("{zh}：年度", "{en}: the year"), "A"),
    # Who is supported: every one of these holds. AnyOf((…)) is for classes of which one is enough.
    eligibility=(
        # The place by the first 2, 4 or 6 digits of its region code (GB/T 2260).
        Cited(RegisteredIn("{region}"), assume("{zh}：注册地", "{en}: the place"), "A"),
        Cited(
            Held("high_tech_enterprise"),
            assume("{zh}：支持对象", "{en}: who is supported"),
            "A",
        ),
        Cited(
            NotDeclared("related_party"),
            assume("{zh}：关联关系", "{en}: related parties"),
            "A",
        ),
        Cited(
            NotDeclared("serious_dishonesty"),
            assume("{zh}：信用", "{en}: credit"),
            "A",
        ),
    ),
    # Which purchases count: every one of these holds.
    purchases=(
        Cited(
            ResourceIs("accelerator"),
            assume("{zh}：服务范围", "{en}: what is covered"),
            "A",
        ),
    ),
    # What the rate is applied to: "invoiced", "paid", "paid_in_year", "contract",
    # "approved_contract", "settled", "metered", or the lowest of several, Lowest((…)). The ledger
    # does not record what was approved or settled yet: by it such a rule leaves every case open.
    base=Cited("paid_in_year", assume("{zh}：计算基数", "{en}: the base"), "A"),
    tax=Cited("included", assume("{zh}：是否含税", "{en}: tax in the base"), "A"),
    rate=Cited(Fraction(30, 100), assume("{zh}：支持比例", "{en}: the rate"), "A"),
    # Amounts are fen: CNY 100,000 is 10_000_000.
    yearly_cap_fen=Cited(
        10_000_000, assume("{zh}：年度上限", "{en}: the yearly cap"), "A"
    ),
    rounding_unit_fen=Cited(1, assume("{zh}：金额单位", "{en}: the unit"), "A"),
    rounding_direction=Cited("down", assume("{zh}：舍入方向", "{en}: rounding"), "A"),
)

PROGRAMME: Final = Programme(
    id="{place}",
    level="{level}",
    name=Text("{name}算力券", "{title} compute voucher"),
    versions=(_VERSION_{year},),
)
'''

_TEST: Final = '''\
"""{title}: the document's own example first, then each limit, to either side."""

from typing import Final

import pytest

{imports}

# Everything holds: each test changes one thing.
CLAIM: Final = case({year}).registered("{whole_region}").qualified("high_tech_enterprise")


def amount_fen(claim: CaseBuilder) -> int | None:
    return decide(PROGRAMME, claim.build()).amount_fen


def test_the_documents_own_example() -> None:
    assert amount_fen(CLAIM.paid("100000.00")) == 3_000_000


@pytest.mark.parametrize(
    ("applied_on", "status"),
    [
        ("{last_year}-12-31", "ineligible"),
        ("{year}-01-01", "eligible"),
        ("{next_year}-06-30", "eligible"),
    ],
)
def test_the_version_is_in_force_from_its_first_day(applied_on: str, status: str) -> None:
    claim = CLAIM.applied(applied_on).paid("100000.00", on=applied_on)
    assert decide(PROGRAMME, claim.build()).status == status


@pytest.mark.parametrize(
    ("paid", "expected_fen"),
    [("333333.30", 9_999_999), ("333333.34", 10_000_000), ("9999999.00", 10_000_000)],
)
def test_the_yearly_cap(paid: str, expected_fen: int) -> None:
    assert amount_fen(CLAIM.paid(paid)) == expected_fen


def test_each_condition_is_needed() -> None:
    without = {
        "not_registered_in_place": CLAIM.registered("{other_region}"),
        "qualification_not_held": CLAIM.with_fact("enterprise.qualifications", []),
        "related_party": CLAIM.declared(related_party=True),
        "serious_dishonesty": CLAIM.declared(serious_dishonesty=True),
        "resource_not_covered": CLAIM.bought("storage"),
    }
    for code, claim in without.items():
        decision = decide(PROGRAMME, claim.build())
        assert (decision.status, codes(decision)) == ("ineligible", [code])


def test_what_is_not_known_is_never_zero() -> None:
    for path in ("enterprise.qualifications", "declarations", "purchases[0].payments"):
        decision = decide(PROGRAMME, CLAIM.unknown(path).build())
        assert (decision.status, decision.amount_fen) == ("undetermined", None)
'''
