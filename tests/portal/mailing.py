"""A centre that sends mail: two enterprises with contacts, a mail server, a clock that is set."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from portal import cli
from portal.commands import mail_command
from portal.shell import now_ms
from tests.portal.letterbox import HOST, PASSWORD, Letterbox, letterbox
from tests.portal.office import OTHER
from tests.portal.schedules import ANOTHER, BOOK
from tests.small_ledger import CODE, SmallLedger, events

ADDRESS, THEIRS = "secret-recipient@example.cn", "another-recipient@example.cn"
NUMBER, OTHERS = f"SQ-C-2022-07-{CODE}-1", f"SQ-C-2022-07-{OTHER}-1"
THIEF = "thief@example.cn"
FROM = "statements@centre.example.cn"


@dataclass
class MailCentre:
    """A centre with a statement of July for each of two enterprises, and a mail server."""

    ledger: SmallLedger
    home: Path
    box: Letterbox
    run: Callable[..., Any]
    now: list[int]

    def mail(self, *more: object) -> Any:  # noqa: ANN401 - one JSON object
        return self.run("statement", "mail", "--month", "2022-07", *more)

    def states(self, *more: object) -> dict[str, str]:
        return {one["id"]: one["state"] for one in self.mail(*more)["rows"]}

    def contact(self, code: str, email: str | None) -> None:
        """Record a contact; the newest counts."""
        path = self.home.parent / "contact.json"
        value = {"name": "张三", "email": email} if email else {"name": "张三"}
        path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        assert self.run("enterprise", "contact", code, "--file", path)["status"] == 0

    def later(self, minutes: int) -> None:
        self.now[0] += minutes * 60_000

    def started(self) -> subprocess.Popen[bytes]:
        """Return the same command in a process of its own."""
        words = [sys.executable, "-m", "portal", "statement", "mail", "--month", "2022-07"]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def lease_is_over(self) -> None:
        held = "UPDATE scheduled_run SET held_until_ms = 0 WHERE state = 'running'"
        with self.ledger.write.begin() as connection:
            connection.execute(text(held))


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with letterbox() as made:
        yield made


@pytest.fixture
def centre(
    database_url: str,
    tmp_path: Path,
    box: Letterbox,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[MailCentre]:
    """Yield a centre whose every word is searched for the recipients in the end."""
    said: list[str] = []

    def run(*words: object) -> Any:  # noqa: ANN401 - one JSON object
        status = cli.run([*map(str, words), "--json"])
        out, err = capfd.readouterr()
        said.extend((out, err))
        return {"status": status, **json.loads(out or err.splitlines()[-1])}

    for name, value in {
        "HOME": str(tmp_path / "home"),
        "DATABASE_URL": database_url,
        "TOKEN": "",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(box.port),
        "SMTP_FROM": FROM,
        "SMTP_STARTTLS": "no",
    }.items():
        monkeypatch.setenv(f"SUANQUAN_{name}", value)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with closing(SmallLedger(database_url)) as ledger:
        ledger.append(*events(BOOK), *events(ANOTHER, OTHER))
        made = MailCentre(ledger, tmp_path / "home", box, run, [now_ms()])
        monkeypatch.setattr(mail_command, "now_ms", lambda: made.now[0])
        assert run("statement", "make", "--month", "2022-07")["status"] == 0
        token = run("user", "add", "gh-1", "--role", "administrator")["token"]
        monkeypatch.setenv("SUANQUAN_TOKEN", token)
        made.contact(CODE, ADDRESS)
        made.contact(OTHER, THEIRS)
        yield made
        with ledger.reading() as connection:
            rows = connection.execute(text("SELECT * FROM scheduled_run")).all()
    told = [*said, repr(rows)]
    assert not [one for one in told if "-recipient" in one or PASSWORD in one]
