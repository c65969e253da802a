"""The portal's ledger, filled once and kept in a directory, to be measured again and again."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench.claim_world import firm_code, give_papers
from bench.portal_world import fill_portal
from tests.portal.desks import answer
from tests.portal.office import Office, at, opened
from tests.servers.postgresql import kept_server
from tests.small_ledger import SmallLedger


@contextmanager
def kept_office(folder: Path) -> Iterator[tuple[Office, dict[str, str]]]:
    """Yield the office of a directory, filled first where it is new, and what to look at there.

    A directory that was left half filled is refused by the ledger: delete it.
    """
    told = folder / "filled.json"
    with kept_server(folder / "database") as server, pytest.MonkeyPatch.context() as patch:
        if not told.exists():
            with opened(server.url, folder, patch, answer) as office:
                fill_portal(office)
                told.write_text(json.dumps({"tokens": office.tokens, "shown": _submit(office)}))
        kept = json.loads(told.read_text())
        # Migrated where the program is newer than what was kept.
        with closing(SmallLedger(server.url)) as ledger:
            yield at(ledger, server.url, folder, patch, answer, kept["tokens"]), kept["shown"]


def _submit(office: Office) -> dict[str, str]:
    """Return a claim that waits for review, its enterprise with a statement, and a draft."""
    firm, invoice = give_papers(office, 1)
    asked = {"enterprise": firm, "programme": "hubei", "invoices": [invoice]}
    claim = office.ask("task-2", "claim", "submit", "--file", office.file("claim.json", asked))
    begun = {"enterprise": firm_code(1), "programme": "hubei", "invoices": []}
    draft = office.ask("task-2", "claim", "draft", "--file", office.file("draft.json", begun))
    printed = office.ask(
        *("task-1", "statement", "make", "--month", "2022-07", "--enterprise", firm_code(1))
    )
    office.ask("auditor-1", "log", "checkpoint")
    return {
        "firm": firm,
        "claim": claim["id"],
        "draft": draft["id"],
        "printed": printed["rows"][0]["id"],
    }
