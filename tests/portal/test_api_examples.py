"""Each body and each answer of the interface has an example, as the ledger took it and gave it."""

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

from portal.web.api import examples
from portal.web.api.openapi import describe
from portal.web.api.router import SUBJECTS
from tests.golden import check_golden
from tests.portal.api_walk import walked
from tests.portal.office import Office, office

__all__ = ["office"]

FILE: Final = Path(examples.__file__).with_name("examples.json")
CLAIM_ID: Final = re.compile(r"SQ-[0-9A-Z]{10}\b")
ROWS_MAX: Final = 2
"""Of each list: whoever reads an example sees what a row is by two."""
CHARS_MAX: Final = 200
"""Of each text: an entry of a log or a proof goes on in the same way."""


def contents() -> list[tuple[str, dict[str, Any]]]:
    """Return each content in JSON that is sent or answered, by its operation."""
    return [
        (f"{operation['operationId']} {where}", content["application/json"])
        for item in describe(SUBJECTS)["paths"].values()
        for operation in item.values()
        for where, content in (
            ("body", operation.get("requestBody", {}).get("content", {})),
            *((status, one.get("content", {})) for status, one in operation["responses"].items()),
        )
        if "application/json" in content
    ]


def test_each_body_and_answer_has_an_example_that_is_as_described() -> None:
    found = contents()
    assert len(found) > 90
    assert [name for name, content in found if "example" not in content] == []
    components = describe(SUBJECTS)["components"]
    for name, content in found:
        schema = {**content["schema"], "components": components}
        errors = list(jsonschema_rs.validator_for(schema).iter_errors(content["example"]))
        assert not errors, (name, errors[0].message, errors[0].instance_path)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_examples_are_what_a_ledger_takes_and_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with walked(office, monkeypatch) as walk:
        found = {name: cut(walk.seen[name]) for name in sorted(walk.seen)}
    if FILE.exists():
        kept = examples.read_examples()
        assert bodies_of(kept) == bodies_of(found)
        if shape(kept) == shape(found):
            return
    check_golden(FILE, found)


def bodies_of(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the body of each operation that is sent one; the id of a claim is random."""
    raw = json.dumps({name: one["body"] for name, one in shown.items() if "body" in one})
    found: dict[str, Any] = json.loads(CLAIM_ID.sub("SQ-", raw))
    return found


def cut(value: Any) -> Any:  # noqa: ANN401 - one JSON value
    """Return a value as an example shows it: the first rows of lists, the beginnings of texts."""
    if isinstance(value, dict):
        return {name: cut(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cut(one) for one in value[:ROWS_MAX]]
    if isinstance(value, str) and len(value) > CHARS_MAX:
        return value[:CHARS_MAX] + "…"
    return value


def shape(value: Any) -> Any:  # noqa: ANN401 - one JSON value
    """Return a value with the kind of each scalar in its place: ids and instants differ."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__
