"""What a claim's forms say of its enterprise."""

import pytest

from reports.statement import Kind, Words, digest_values
from tests.reports.kind_worlds import CASES, statement_of

REGION = "420100"


@pytest.mark.parametrize("kind", ["application", "review"])
def test_a_place_is_printed_by_its_name_and_digested_by_its_code(kind: Kind) -> None:
    """Forms of before places had names are replayed by their digest, which must not move."""
    made = statement_of(kind, CASES["one line"])
    said = {title.en: cell for title, cell in made.facts}
    assert said["Registered in"] == Words("武汉市（420100）", "Wuhan")
    by_code = tuple(
        (title, Words(REGION) if title.en == "Registered in" else cell)
        for title, cell in made.facts
    )
    assert made.values_sha256 == digest_values(by_code, made.sections)
