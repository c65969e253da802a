"""Maps: strict, and kind to whoever wrote them."""

import re
from pathlib import Path

import pytest

from ingest.map_shape import Mapping
from ingest.mapping import parse_mapping
from ledger.errors import InvalidInputError

EXAMPLES = Path(__file__).parents[2] / "examples"


def refusal(raw: bytes) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        parse_mapping(raw, "my.toml")
    assert caught.value.code == "bad_map"
    for language in caught.value.message:
        assert language.startswith("my.toml")
    assert all(caught.value.next_step)
    return caught.value


def test_the_examples_are_maps() -> None:
    paths = sorted(EXAMPLES.glob("*.toml"))
    assert {path.stem for path in paths} >= {"philly", "slurm", "usage"}
    for path in paths:
        assert isinstance(parse_mapping(path.read_bytes(), path.name), Mapping)


def test_numbers_and_dates_may_stand_without_quotes(csv_map: bytes) -> None:
    quoted = re.sub(rb"= (\d{4}-\d\d-\d\d|\d\.\d+)", rb'= "\1"', csv_map)
    assert quoted != csv_map
    assert parse_mapping(quoted, "a") == parse_mapping(csv_map, "b")


@pytest.mark.parametrize(
    ("old", "new", "place", "near"),
    [
        (b"[usage]", b"[useage]", "useage", "usage"),
        (b"zone =", b"zome =", "time.zome", "zone"),
        (b"duration =", b"duratoin =", "usage.duratoin", "duration"),
        (b'column = "who"', b'colum = "who"', "usage.tenant.colum", "column"),
        (b"unit_price", b"unitprice", "contract.prices[0].unitprice", "unit_price"),
        (b"listed_on", b"listed", "resources[0].listed", "listed_on"),
        (b"synthetic = true", b"sintetic = true", "tenants.sintetic", "synthetic"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    csv_map: bytes, old: bytes, new: bytes, place: str, near: str
) -> None:
    error = refusal(csv_map.replace(old, new))
    assert f"my.toml: {place}: " in error.message.en
    assert error.next_step.en == f"did you mean {near}"


def test_an_unknown_key_in_the_table_of_tenants_is_refused(csv_map: bytes) -> None:
    known = b'[tenants.known]\nlab = { credit_code = "91350100M000100Y43", nam = "x" }\n'
    assert refusal(csv_map + known).next_step.en == "did you mean name"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'format = "csv"', b'format = "tsv"', "format"),
        (b'source = "urn:test:jobs"', b"source = 7", "source: 7"),
        (b'source = "urn:test:jobs"', b'source = ""', "source"),
        (b'source = "urn:test:jobs"', b'source = "urn:x#y"', "urn:x#y"),
        (b'source = "urn:test:jobs"', b"", "source"),
        (b"format", b"format format", "TOML"),
        (b'name = "GPU"', b'name = "\xff"', "TOML"),
        (b'"Asia/Shanghai"', b'"Asia/Wuhan"', "Asia/Wuhan"),
        (b'"Asia/Shanghai"', b'"../../etc/passwd"', "../../etc/passwd"),
        (b'zone = "Asia/Shanghai"', b'format = "%d %b %Y"', "%d %b %Y"),
        (b'{ column = "cards" }', b"{}", "usage.amount"),
        (b'{ column = "cards" }', b'{ column = "a", constant = "1" }', "usage.amount"),
        (b'{ column = "cards" }', b'{ column = "a", tres = "gres/gpu" }', "usage.amount.tres"),
        (b'{ column = "start" }', b'{ constant = "2022-01-01 00:00:00" }', "usage.start"),
        (b"duration =", b"job =", "usage"),
        (b"duration =", b'end = { column = "e" }\nduration =', "usage"),
        (b"[time]", b'columns = ["a"]\n[time]', "columns"),
        (b"synthetic = true", b"synthetic = false", "tenants"),
        (b'"{tenant} (made up)"', b'"made up"', "tenants.name"),
        (b'"91420100MA49P8T68D"', b'"91420100MA49P8T68X"', "91420100MA49P8T68X"),
        (b"signed_on = 2022-01-01", b'signed_on = "2022-02-30"', "2022-02-30"),
        (b"vat_rate = 0.06", b'vat_rate = "6%"', "6%"),
        (b"vat_rate = 0.06", b"vat_rate = -0.06", "-0.06"),
        (b"amount_fen = 100", b"amount_fen = 1.0", "contract.amount_fen"),
        (b"unit_price = 4.80", b"unit_price = nan", "nan"),
        (b'per = "card_hour"', b'per = "card_day"', "card_day"),
        (b"service_to = 2022-12-31", b"service_to = 2021-12-31", "2021-12-31"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_shown(
    csv_map: bytes, old: bytes, new: bytes, said: str
) -> None:
    assert old in csv_map
    assert said in refusal(csv_map.replace(old, new, 1)).message.en


def test_a_contract_needs_its_provider_and_a_price(csv_map: bytes) -> None:
    without = re.sub(rb"\[provider\].*?\n\[", b"[", csv_map, flags=re.DOTALL)
    assert "provider" in refusal(without).message.en
    unpriced = re.sub(rb"prices = .*", b"prices = []", csv_map)
    assert "price" in refusal(unpriced).message.en


def test_one_enterprise_has_one_name_under_all_its_tenants(csv_map: bytes) -> None:
    table = b'[tenants.known]\na = { credit_code = "91350100M000100Y43", name = "A" }\n'
    same = table + b'b = { credit_code = "91350100M000100Y43", name = "A" }\n'
    other = table + b'b = { credit_code = "91350100M000100Y43", name = "B" }\n'
    assert parse_mapping(csv_map + same, "x")
    assert "tenants.known.b" in refusal(csv_map + other).message.en
    wrong = b'[tenants.known]\na = { credit_code = "91350100M000100Y44" }\n'
    assert "Y44" in refusal(csv_map + wrong).message.en


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"[time]", b'id = ["JobID"]\n[time]', "id"),
        (b"[time]", b'[time]\nformat = "%Y"', "time.format"),
        (b"[usage]", b'[usage]\nstart = { column = "Start" }', "usage.start"),
        (b'resource = { column = "Partition" }', b"resource = {}", "usage.resource"),
        (b'{ column = "Account" }', b'{ column = "Account", tres = "x" }', "usage.tenant.tres"),
    ],
)
def test_a_map_of_slurm_leaves_to_slurm_what_is_fixed(old: bytes, new: bytes, said: str) -> None:
    raw = (EXAMPLES / "slurm.toml").read_bytes()
    assert old in raw
    assert f"my.toml: {said}: " in refusal(raw.replace(old, new, 1)).message.en
