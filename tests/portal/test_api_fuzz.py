"""What is sent is generated from the interface's own description, and every answer held to it."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from portal.runs import background
from portal.web.api.openapi import describe
from portal.web.api.router import SUBJECTS
from tests.portal.callers import portal_of
from tests.portal.office import Office, office

__all__ = ["office"]

ROLES: Final = ("authority-1", "finance-1", "task-1", "firm-1", "auditor-1", "admin-1")

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")

EXAMPLES: Final = 2
EXAMPLES_SOAK: Final = 60

# A schema cannot say which credit code has the right check character, or which day there is: what
# is well-formed may still be refused as wrong.
WRONG_ALL_THE_SAME: Final = ["2xx", "400", "401", "403", "404", "409", "422", "429", "503"]


def config_of(token: str, examples: int, phases: list[str]) -> SchemathesisConfig:
    """Return how the interface is tried by the holder of a token."""
    return SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
            },
            "phases": {one: {"enabled": one in phases} for one in PHASES},
            "checks": {"positive_data_acceptance": {"expected-statuses": WRONG_ALL_THE_SAME}},
        }
    )


def find_failures(app: Any, config: SchemathesisConfig) -> Iterator[str]:  # noqa: ANN401 - ASGI
    """Yield what the checks find wrong with an application's answers."""
    schema = schemathesis.openapi.from_dict(describe(SUBJECTS), config=config)
    schema.app = app
    tried = 0
    for event in from_schema(schema).execute():
        tried += isinstance(event, events.ScenarioFinished)
        if isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                for one in checks:
                    if one.failure_info is not None:
                        failure = one.failure_info.failure
                        yield f"{event.label}: {one.name}: {failure.title}: {failure.message}"
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield repr(event)
    assert tried >= len(schema), "operations were left out"


def app_of(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - ASGI
    """Return the office's portal, whose checks end as soon as they began: each is a process."""
    monkeypatch.setattr(background, "_start_process", lambda *_: None)
    return portal_of(office, monkeypatch)


QUICK: Final = (
    ("firm-1", ["coverage"]),
    ("authority-1", ["fuzzing", "stateful"]),
    ("auditor-1", ["fuzzing", "stateful"]),
)


@pytest.mark.parametrize(("role", "phases"), QUICK, ids=[role for role, _ in QUICK])
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_every_answer_is_as_described(
    office: Office, role: str, phases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(office, monkeypatch)
    found = set(find_failures(app, config_of(office.tokens[role], EXAMPLES, phases)))
    assert not found, "\n".join(sorted(found))


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_every_answer_to_everybody_is_as_described(
    office: Office, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(office, monkeypatch)
    config = config_of(office.tokens[role], EXAMPLES_SOAK, list(PHASES))
    found = set(find_failures(app, config))
    assert not found, "\n".join(sorted(found))
