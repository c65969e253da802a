"""A log written as files: what stock tools verify, what a second export adds, what it refuses."""

import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle, tlog
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.export import Exported, export_log
from ledger.note import sign_note
from ledger.proof import Proof, render_proof
from ledger.read import read_heads, tiles_at
from ledger.signing import Signer
from tests.conftest import missing_service
from tests.ledger.conftest import Ledger, rebuild_tree, set_entry, tampering, usage
from tests.servers import MissingServerError
from tests.servers.tools import stock_tool

TOOL_TIMEOUT_S = 60


def export(
    ledger: Ledger, signer: Signer, directory: Path, log: str = "usage", *, entries: bool = True
) -> Exported:
    """Sign a log's head and export it."""
    head = ledger.heads()[log]
    with ledger.read.connect() as connection:
        note = signer.checkpoint(connection, head)
        keys = signer.known_keys(head)
        return export_log(connection, head, note, keys, directory / log, with_entries=entries)


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def run(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a stock tool."""
    try:
        tool = stock_tool(name)
    except MissingServerError as error:
        missing_service(f"the tool {name}", f"install Go 1.24 or newer ({error})")
    command = [str(tool), *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=TOOL_TIMEOUT_S
    )


def is_verified(directory: Path) -> bool:
    """Return whether tessera's fsck, which fetches and hashes a whole log, says that it is sound.

    It exits with 0 whatever it finds, and with few workers hangs on the first thing that it finds.
    """
    url = f"-storage_url=file://{directory}/"
    key = f"-public_key={directory / 'vkey'}"
    return "Successfully fsck'd log" in run("fsck", "-N=64", "-ui=false", url, key).stderr


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "home")


def test_a_stock_tool_verifies_every_log(evidence: Ledger, signer: Signer, tmp_path: Path) -> None:
    for log in evidence.heads():
        export(evidence, signer, tmp_path, log)
        assert is_verified(tmp_path / log)


@pytest.mark.parametrize("part", ["tile/entries/000", "tile/0/001", "tile/1/000.p/2", "checkpoint"])
def test_a_stock_tool_finds_what_was_changed(
    evidence: Ledger, signer: Signer, tmp_path: Path, part: str
) -> None:
    export(evidence, signer, tmp_path)
    path = tmp_path / "usage" / part
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert not is_verified(tmp_path / "usage")


def test_a_stock_tool_verifies_a_proof(evidence: Ledger, signer: Signer, tmp_path: Path) -> None:
    head = evidence.heads()["usage"]
    with evidence.read.connect() as connection:
        note = signer.checkpoint(connection, head)
        hashes = merkle.prove_inclusion(300, head.size, tiles_at(connection, "usage", head.size))
    export(evidence, signer, tmp_path)
    bundle = (tmp_path / "usage" / "tile" / "entries" / "001").read_bytes()
    entry = tlog.decode_bundle(bundle)[300 - 256]
    proof = render_proof(Proof(entry, 300, tuple(hashes), note))
    # The tool reads the lines from `index` on, and the entry as a file of its own.
    path = tmp_path / "entry"
    path.write_bytes(entry)
    (tmp_path / "entry.spicy").write_text(proof.split("\n", 2)[2], "utf-8")
    vkey = (tmp_path / "usage" / "vkey").read_text("utf-8").strip()
    checked = run("spicy", "-verify", vkey, path)
    assert checked.returncode == 0, checked.stderr
    path.write_bytes(entry + b" ")
    assert run("spicy", "-verify", vkey, path).returncode != 0


def test_a_second_export_adds_and_rewrites_no_full_tile(
    ledger: Ledger, signer: Signer, tmp_path: Path
) -> None:
    ledger.append(*(usage(f"{at}") for at in range(300)))
    export(ledger, signer, tmp_path)
    before = files(tmp_path / "usage")
    stamps = {path: (tmp_path / "usage" / path).stat().st_mtime_ns for path in before}
    ledger.append(*(usage(f"b{at}") for at in range(300)))
    export(ledger, signer, tmp_path)
    after = files(tmp_path / "usage")
    kept = before.keys() - {"checkpoint", "vkey", "vkeys"}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    assert {path: (tmp_path / "usage" / path).stat().st_mtime_ns for path in kept} == {
        path: stamps[path] for path in kept
    }
    assert after["checkpoint"] != before["checkpoint"]
    assert sorted(after.keys() - before.keys()) == [
        "tile/0/001",
        "tile/0/002.p/90",
        "tile/1/000.p/2",
        "tile/entries/001",
        "tile/entries/002.p/90",
    ]
    assert is_verified(tmp_path / "usage")


def test_exporting_again_writes_nothing_new(
    evidence: Ledger, signer: Signer, tmp_path: Path
) -> None:
    first = export(evidence, signer, tmp_path)
    assert first.files > 0
    before = files(tmp_path)
    assert export(evidence, signer, tmp_path) == Exported("usage", first.size, 0)
    assert files(tmp_path) == before


def test_the_public_tree_holds_no_entries(evidence: Ledger, signer: Signer, tmp_path: Path) -> None:
    export(evidence, signer, tmp_path, entries=False)
    public = files(tmp_path / "usage")
    assert not any("entries" in path for path in public)
    export(evidence, signer, tmp_path)
    whole = files(tmp_path / "usage")
    assert {path: whole[path] for path in public} == public
    assert is_verified(tmp_path / "usage")


def test_an_empty_log_is_a_checkpoint_alone(ledger: Ledger, signer: Signer, tmp_path: Path) -> None:
    assert export(ledger, signer, tmp_path).size == 0
    assert sorted(files(tmp_path / "usage")) == ["checkpoint", "vkey", "vkeys"]


def test_every_size_around_an_edge_exports_and_verifies(
    ledger: Ledger, signer: Signer, tmp_path: Path
) -> None:
    for number, count in enumerate((254, 1, 255, 1)):
        ledger.append(*(usage(f"{number}-{at}") for at in range(count)))
        export(ledger, signer, tmp_path / "grown")
        export(ledger, signer, tmp_path / f"new-{number}")
        assert is_verified(tmp_path / "grown" / "usage")
        assert is_verified(tmp_path / f"new-{number}" / "usage")


def test_an_export_cut_short_is_finished_by_the_next(
    evidence: Ledger, signer: Signer, tmp_path: Path
) -> None:
    export(evidence, signer, tmp_path)
    whole = files(tmp_path / "usage")
    for gone in ("checkpoint", "tile/entries/001", "tile/1/000.p/2"):
        (tmp_path / "usage" / gone).unlink()
    export(evidence, signer, tmp_path)
    assert files(tmp_path / "usage") == whole


def test_another_history_is_not_written_over_an_export(
    ledger: Ledger, signer: Signer, tmp_path: Path
) -> None:
    ledger.append(usage("1"), usage("2"))
    export(ledger, signer, tmp_path)
    kept = files(tmp_path / "usage")
    head = ledger.heads()["usage"]
    key = signer.verifier_key(head)
    with tampering(ledger.own) as connection:
        # Somebody who holds database and key rewrites the log and signs it as if it were new.
        set_entry(connection, "usage", 0, usage("x").raw)
        rebuild_tree(connection, "usage")
        forged = read_heads(connection)["usage"]
        (tmp_path / "home" / "checkpoints" / "usage").unlink()
        seed = b64decode((tmp_path / "home" / "keys" / "usage.key").read_bytes())
        text = tlog.render_checkpoint(tlog.Checkpoint(head.origin, forged.size, forged.root))
        note = sign_note(text, head.origin, Ed25519PrivateKey.from_private_bytes(seed))
        with pytest.raises(TamperedLogError) as caught:
            export_log(connection, forged, note, [key], tmp_path / "usage")
    assert caught.value.code == "forked"
    assert head.root.hex() in caught.value.message.en
    assert forged.root.hex() in caught.value.message.en
    assert files(tmp_path / "usage") == kept


def test_another_log_is_not_written_over_an_export(
    evidence: Ledger, signer: Signer, tmp_path: Path
) -> None:
    export(evidence, signer, tmp_path)
    (tmp_path / "usage").rename(tmp_path / "book")
    with pytest.raises((InvalidInputError, TamperedLogError)):
        export(evidence, signer, tmp_path, "book")
