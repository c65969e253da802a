"""Keys and checkpoints: nothing is signed that does not extend what was signed before."""

import stat
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger import tables
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.note import open_note, sign_note
from ledger.read import read_entries, read_heads
from ledger.secret import write_file
from ledger.signing import Signer, require_extension
from ledger.tlog import Checkpoint, parse_checkpoint
from tests.ledger.conftest import (
    ORIGIN,
    Ledger,
    fact,
    rebuild_tree,
    restore,
    set_entry,
    tampering,
    usage,
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def sign(ledger: Ledger, signer: Signer, log: LogName = "book") -> str:
    """Return the signed note over a log's head as it stands."""
    with ledger.read.connect() as connection:
        return signer.checkpoint(connection, read_heads(connection)[log])


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """Return the signer of an empty home."""
    return Signer(tmp_path / "home")


# --- keys ---


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    head = Head("usage", f"{ORIGIN}/usage", 0, b"")
    key = Signer(tmp_path).verifier_key(head)
    assert key.name == head.origin
    assert Signer(tmp_path).verifier_key(head) == key
    path = tmp_path / "keys" / "usage.key"
    assert mode_of(path) == 0o600
    assert len(b64decode(path.read_bytes())) == 32


def test_each_log_and_each_home_has_its_own_key(tmp_path: Path) -> None:
    heads = [Head(name, f"{ORIGIN}/{name}", 0, b"") for name in ("usage", "book")]
    homes = [Signer(tmp_path / name) for name in ("a", "b")]
    keys = {one.verifier_key(head).public_key for one in homes for head in heads}
    assert len(keys) == 4


def test_the_salts_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secret = Signer(tmp_path).salt_key()
    assert len(secret) == 32
    assert Signer(tmp_path).salt_key() == secret
    assert mode_of(tmp_path / "keys" / "salt.key") == 0o600
    assert Signer(tmp_path / "other").salt_key() != secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o700, 0o610])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    signer = Signer(tmp_path)
    head = Head("usage", f"{ORIGIN}/usage", 0, b"")
    signer.verifier_key(head)
    signer.salt_key()
    for name, use in (
        ("usage.key", lambda: signer.verifier_key(head)),
        ("salt.key", signer.salt_key),
    ):
        path = tmp_path / "keys" / name
        path.chmod(mode)
        with pytest.raises(InvalidInputError, match=f"chmod 600 {path}") as caught:
            use()
        assert caught.value.code == "open_key"
        assert f"{mode:04o}" in caught.value.message.zh
        path.chmod(0o400)
        use()


# --- signing ---


def test_a_checkpoint_verifies_with_the_logs_key(ledger: Ledger, signer: Signer) -> None:
    for step in range(3):
        head = ledger.heads()["book"]
        assert signer.last(head) is None or step
        note = sign(ledger, signer)
        opened = open_note(note, [signer.verifier_key(head)])
        assert parse_checkpoint(opened.text) == Checkpoint(head.origin, head.size, head.root)
        assert signer.last(head) == parse_checkpoint(opened.text)
        ledger.append(*(fact(f"{step}-{number}") for number in range(300 * step + 1)))


def test_signing_the_same_head_again_gives_the_same_note(ledger: Ledger, signer: Signer) -> None:
    ledger.append(fact("1"))
    assert sign(ledger, signer) == sign(ledger, signer)


def test_each_log_is_signed_apart(ledger: Ledger, signer: Signer) -> None:
    ledger.append(fact("1"), usage("2"))
    logs: tuple[LogName, ...] = ("usage", "book")
    notes = {log: sign(ledger, signer, log) for log in logs}
    heads = ledger.heads()
    for log, note in notes.items():
        assert open_note(note, [signer.verifier_key(heads[log])]).text.startswith(
            f"{ORIGIN}/{log}\n"
        )


# --- what is not signed ---


def refuse(ledger: Ledger, signer: Signer, change: Callable[[Connection], None], code: str) -> None:
    """Check that a head is not signed after a change, and that both heads are shown."""
    path = signer._home / "checkpoints" / "book"  # noqa: SLF001 - the file outside the database
    before = path.read_bytes()
    with tampering(ledger.own) as connection:
        last = signer.last(read_heads(connection)["book"])
        assert last is not None
        change(connection)
        head = read_heads(connection)["book"]
        with pytest.raises(TamperedLogError) as caught:
            signer.checkpoint(connection, head)
    assert caught.value.code == code
    for sentence in caught.value.message:
        assert f"{head.origin} {head.size} {head.root.hex()}" in sentence
        assert f"{last.origin} {last.size} {last.root.hex()}" in sentence
    assert path.read_bytes() == before


def grow(ledger: Ledger, signer: Signer) -> dict[str, list[tuple[object, ...]]]:
    """Sign, append, sign, append; return the rows at the first checkpoint."""
    ledger.append(*(fact(f"a-{number}") for number in range(5)))
    older = ledger.dump()
    sign(ledger, signer)
    ledger.append(*(fact(f"b-{number}") for number in range(5)))
    sign(ledger, signer)
    ledger.append(*(fact(f"c-{number}") for number in range(5)))
    return older


def test_an_entry_changed_since_the_last_checkpoint_is_not_signed(
    ledger: Ledger, signer: Signer
) -> None:
    grow(ledger, signer)

    def change(connection: Connection) -> None:
        ((_, entry),) = read_entries(connection, "book", 13, 14)
        set_entry(connection, "book", 13, entry.replace(b"1", b"2", 1))

    refuse(ledger, signer, change, "bad_head")


def test_history_forked_before_the_last_checkpoint_is_not_signed(
    ledger: Ledger, signer: Signer
) -> None:
    grow(ledger, signer)

    def change(connection: Connection) -> None:
        ((_, entry),) = read_entries(connection, "book", 2, 3)
        set_entry(connection, "book", 2, entry.replace(b"a-2", b"a-9"))
        rebuild_tree(connection, "book")

    refuse(ledger, signer, change, "forked")


def test_a_head_rolled_back_is_not_signed(ledger: Ledger, signer: Signer) -> None:
    older = grow(ledger, signer)
    refuse(ledger, signer, lambda connection: restore(connection, older), "rolled_back")


def test_a_log_under_another_origin_is_not_signed(ledger: Ledger, signer: Signer) -> None:
    grow(ledger, signer)
    head = ledger.heads()["book"]
    last = signer.last(head)
    renamed = Head("book", "elsewhere/book", head.size, head.root)
    with ledger.read.connect() as connection, pytest.raises(TamperedLogError, match="elsewhere"):
        require_extension(connection, renamed, last)


def test_another_root_is_not_signed(ledger: Ledger, signer: Signer) -> None:
    grow(ledger, signer)

    def change(connection: Connection) -> None:
        connection.execute(tables.log.update().values(root=b"\x5a" * 32))

    refuse(ledger, signer, change, "bad_head")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM chunk WHERE start > 6", "bad_chunk"),
        ("UPDATE chunk SET count = count + 1 WHERE start > 6", "bad_chunk"),
        ("DELETE FROM tile WHERE start > 5 AND start < 10", "tile_short"),
        ("UPDATE log SET size = size + 1 WHERE number = 2", "bad_chunk"),
    ],
)
def test_a_log_with_holes_is_not_signed(
    ledger: Ledger, signer: Signer, statement: str, code: str
) -> None:
    grow(ledger, signer)
    with tampering(ledger.own) as connection:
        connection.execute(text(statement))
        with pytest.raises(TamperedLogError) as caught:
            signer.checkpoint(connection, read_heads(connection)["book"])
    assert caught.value.code == code


def test_a_first_checkpoint_is_not_signed_over_a_lie(ledger: Ledger, signer: Signer) -> None:
    ledger.append(fact("1"))
    with tampering(ledger.own) as connection:
        connection.execute(tables.log.update().values(root=b"\x5a" * 32))
        head = read_heads(connection)["book"]
        with pytest.raises(TamperedLogError, match="bad_head"):
            signer.checkpoint(connection, head)
    assert signer.last(head) is None


# --- the file outside the database ---


def drop_last_line(data: bytes) -> bytes:
    return data[: data.rindex("—".encode())]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"/book\n2\n", b"/book\n1\n"),
        lambda data: data.replace(ORIGIN.encode(), b"elsewhere.cn"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data + b"x",
        lambda data: data[:-1],
        lambda data: data[:-3] + (b"E" if data[-3:-2] == b"A" else b"A") + data[-2:],
        lambda data: data[:0],
        lambda data: b"\xff" + data,
        drop_last_line,
        lambda data: data.replace(data[data.rindex(b" ") + 1 :][:6], b64encode(b"\0\0\0\0")[:6]),
    ],
    ids=[
        "size",
        "origin",
        "newlines",
        "longer",
        "shorter",
        "signature",
        "empty",
        "no-utf-8",
        "unsigned",
        "another-key",
    ],
)
def test_a_changed_checkpoint_file_is_found(
    sqlite_ledger: Ledger, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    signer = Signer(tmp_path)
    sqlite_ledger.append(fact("1"))
    sign(sqlite_ledger, signer)
    path = tmp_path / "checkpoints" / "book"
    good = path.read_bytes()
    changed = change(good)
    assert changed != good
    path.write_bytes(changed)
    with pytest.raises(TamperedLogError):
        signer.last(sqlite_ledger.heads()["book"])
    with pytest.raises(TamperedLogError):
        sign(sqlite_ledger, signer)
    assert path.read_bytes() == changed


def test_every_flipped_bit_of_a_checkpoint_file_is_found(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    signer = Signer(tmp_path)
    sqlite_ledger.append(fact("1"))
    sign(sqlite_ledger, signer)
    head = sqlite_ledger.heads()["book"]
    path = tmp_path / "checkpoints" / "book"
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        with pytest.raises(TamperedLogError):
            signer.last(head)


def test_a_note_that_is_signed_but_no_checkpoint_is_found(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    signer = Signer(tmp_path)
    head = sqlite_ledger.heads()["book"]
    signer.verifier_key(head)
    (key,) = signer.keyring(head).signers()
    write_file(tmp_path / "checkpoints" / "book", sign_note("hello\n", head.origin, key).encode())
    with pytest.raises(TamperedLogError, match="bad_checkpoint"):
        signer.last(head)
