"""The command line on PostgreSQL: a small centre from its schema to replayed statements."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_small_centre_is_settled_and_proved_on_postgresql(
    suanquan: Run, tmp_path: Path, home: Path, postgres_database: str
) -> None:
    def run(*arguments: object) -> Any:  # noqa: ANN401 - one JSON object, or its keys
        answer = suanquan(*arguments, "--json", SUANQUAN_DATABASE_URL=postgres_database)
        assert answer.status == 0, answer.err
        return answer.json

    centre = tmp_path / "centre.ndjson"
    simulated = run("simulate", "--enterprises", 3, "--days", 31, "--seed", 7, "--out", centre)
    assert run("db", "upgrade")["dialect"] == "postgresql"
    ingest = ("ingest", "file", centre, "--format", "cloudevents")
    first, again = run(*ingest), run(*ingest, "--strict")
    assert (first["recorded"], first["rejected"]) == (simulated["events"], 0)
    assert (again["recorded"], again["duplicate"]) == (0, simulated["events"])
    total = {one["unit"]: one["quantity"] for one in run("usage")["total"]}
    assert total["card_second"] == simulated["card_seconds"]

    month = ("statement", "make", "--kind", "compute", "--month", "2022-01")
    made = run(*month)["rows"]
    assert len(made) == simulated["enterprises"]
    assert all(Path(row["path"]).read_bytes().startswith(b"%PDF") for row in made)
    assert run(*month)["rows"] == made
    assert run("statement", "list")["rows"] == made

    signed = {one["name"]: one["size"] for one in run("log", "checkpoint")["logs"]}
    checked = run("log", "check", "--full")
    assert checked["ok"] is True
    assert {one["name"]: one["size"] for one in checked["logs"]} == signed
    replayed = run("replay", "--statements")
    assert replayed["match"] is True
    assert replayed["statements"] == {"rendered": len(made), "match": True}
    assert not (home / "suanquan.db").exists()
