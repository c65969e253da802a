"""Verifying a statement on the portal: a file's hash gets an answer, a number alone gets none."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import Engine

from ledger.config import Settings
from portal.shell import Shell
from portal.web.app import make_portal
from tests.issued import digest, issue, name, seal
from tests.queries import counted
from tests.small_ledger import SmallLedger

Client = TestClient[Any]

GENUINE = "属实：这份文件由本账本签发"
SUPERSEDED = "属实，但已有更新的一版"
UNKNOWN = "不符：本账本没有签发过"

FILE = b"%PDF-1.7 as issued"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home: Path = tmp_path_factory.mktemp("verify")
    settings = Settings.of_home(home)
    with closing(SmallLedger(settings.database_url)) as ledger:
        ledger.append(issue(1), seal(1, 1, "b"), issue(2), issue(2, 2))
        ledger.append(issue(3, pdf_sha256=hashlib.sha256(FILE).hexdigest()))
    with TestClient(make_portal(Shell(settings, "zh", as_json=True))) as found:
        yield found


def ask(client: Client, sha256: str, number: str = "") -> str:
    """Return the page on a file."""
    answer = client.get("/verify", params={"sha256": sha256, "number": number})
    assert answer.status_code == 200
    return answer.text


def test_a_file_as_issued_is_genuine_with_its_number_and_seal(client: Client) -> None:
    text = ask(client, digest(1))
    assert GENUINE in text
    assert name(1) in text
    assert "另有盖章的一份" in text
    sealed = ask(client, digest(1, mark="b"))
    assert GENUINE in sealed
    assert "已盖电子印章" in sealed
    assert "CN=x" in sealed


def test_a_superseded_file_names_what_follows_it(client: Client) -> None:
    text = ask(client, digest(2))
    assert SUPERSEDED in text
    assert name(2, 2) in text
    assert GENUINE in ask(client, digest(2, 2))


def test_a_genuine_file_under_another_number_says_so(client: Client) -> None:
    assert "编号不同" in ask(client, digest(1), name(2))
    assert "编号不同" not in ask(client, digest(1), name(1))


def test_an_unknown_file_is_answered_alike_whatever_number_it_bears(client: Client) -> None:
    """Else whoever guesses numbers would learn of whom there are statements."""
    ours, strange = (ask(client, "e" * 64, one).replace(one, "") for one in (name(1), name(9)))
    assert UNKNOWN in ours
    assert ours == strange


def test_a_number_alone_is_answered_alike_whether_it_is_ours(client: Client) -> None:
    for path in ("/verify/{}", "/verify?number={}"):
        ours, strange = (
            client.get(path.format(one)).text.replace(one, "") for one in (name(1), name(9))
        )
        assert "单凭编号不能验真" in ours
        assert ours == strange
        assert GENUINE not in ours


def test_a_hash_is_read_as_the_tools_print_it(client: Client) -> None:
    grouped = " ".join(digest(1).upper()[at : at + 2] for at in range(0, 64, 2))
    assert GENUINE in ask(client, grouped)


@pytest.mark.parametrize("typed", ["abc", "g" * 64, "a" * 65, "%", "<script>"])
def test_what_is_no_hash_is_shown_again_with_what_is_wrong(client: Client, typed: str) -> None:
    answer = client.get("/verify", params={"sha256": typed})
    assert answer.status_code == 400
    assert "这不是一个 SHA-256 哈希值" in answer.text
    assert "<script>" not in answer.text


def test_the_file_itself_is_never_sent(client: Client) -> None:
    """A field without a name is in no request, whoever has scripts and whoever has none."""
    text = client.get("/verify").text
    field = text[text.index('<input id="file"') :].split(">")[0]
    assert " name=" not in field
    assert 'method="get"' in text


def test_an_answer_costs_a_handful_of_queries(client: Client) -> None:
    with counted(Engine) as said:
        ask(client, digest(2))
    assert sum(one.startswith("SELECT") for one in said) <= 8


def upload(client: Client, pdf: bytes) -> dict[str, Any]:
    """Return what the interface says of a file to whoever shows no token."""
    media = {"content-type": "application/octet-stream"}
    answer = client.post("/api/v1/statements/verify", content=pdf, headers=media)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_program_is_told_of_a_file_as_issued(client: Client) -> None:
    assert upload(client, FILE) == {
        "known": True,
        "id": name(3),
        "sha256": hashlib.sha256(FILE).hexdigest(),
        "revision": 1,
        "superseded_by": None,
    }


def test_a_program_learns_nothing_by_a_number_either(client: Client) -> None:
    for one in (name(2), name(9)):
        made = b"%PDF-1.7 " + one.encode()
        assert upload(client, made) == {
            "known": False,
            "id": None,
            "sha256": hashlib.sha256(made).hexdigest(),
            "revision": None,
            "superseded_by": None,
        }
