"""Keys that take over from each other: what signs at each step, wherever it is cut short."""

from base64 import b64encode
from pathlib import Path

import pytest

from ledger.errors import InvalidInputError, RuleViolationError, TamperedLogError
from ledger.head import Head
from ledger.keyring import Keyring, add_retired, write_public
from ledger.note import VerifierKey, open_note
from ledger.read import read_heads
from ledger.secret import write_file
from ledger.signing import Signer
from tests.ledger.conftest import ORIGIN, Ledger, fact

HEAD = Head("book", f"{ORIGIN}/book", 0, b"")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ring(home: Path) -> Keyring:
    """Return the keys of a log that has one."""
    made = Keyring(home, HEAD)
    (home / "keys").mkdir(mode=0o700, parents=True)
    made.make_first()
    return made


def sign(ledger: Ledger, home: Path) -> str:
    with ledger.read.connect() as connection:
        return Signer(home).checkpoint(connection, read_heads(connection)["book"])


def names(home: Path) -> list[str]:
    keys = home / "keys"
    return sorted(str(path.relative_to(keys)) for path in keys.rglob("*") if path.is_file())


def test_each_step_of_a_rotation_says_what_signs(ring: Keyring, home: Path) -> None:
    (old,) = ring.current()
    assert ring.coming() is None
    new = ring.draft_next()
    assert (ring.current(), ring.coming()) == ([old], new)
    assert len(ring.signers()) == 1
    ring.begin_overlap()
    assert (ring.current(), ring.coming(), ring.outgoing()) == ([old, new], new, old)
    assert [key.public_key().public_bytes_raw() for key in ring.signers()] == [
        old.public_key,
        new.public_key,
    ]
    assert ring.retired() == []
    ring.retire()
    assert (ring.current(), ring.coming(), ring.retired()) == ([new], None, [old])
    assert names(home) == ["book.key", "book.vkey", "retired/book.vkey"]
    private = {path.read_bytes() for path in (home / "keys").glob("*.key")}
    assert private == {b64encode(ring.signers()[0].private_bytes_raw()) + b"\n"}


def test_every_step_taken_twice_is_taken_once(ring: Keyring) -> None:
    (old,) = ring.current()
    assert ring.draft_next() == ring.draft_next()
    ring.begin_overlap()
    new = ring.draft_next()
    ring.begin_overlap()
    assert ring.current() == [old, new]
    ring.retire()
    with pytest.raises(RuleViolationError, match="no_rotation"):
        ring.retire()
    assert (ring.current(), ring.retired()) == ([new], [old])


def test_keys_retire_one_after_the_other_and_none_is_forgotten(ring: Keyring) -> None:
    seen = ring.current()
    for _ in range(3):
        seen.append(ring.draft_next())
        ring.begin_overlap()
        ring.retire()
    assert [*ring.retired(), *ring.current()] == seen


def test_nothing_retires_without_a_key_that_takes_over(ring: Keyring) -> None:
    ring.draft_next()
    with pytest.raises(RuleViolationError) as caught:
        ring.outgoing()
    assert caught.value.code == "no_rotation"
    assert "rotate-key book" in caught.value.next_step.en


def test_a_lost_old_key_can_still_retire(ring: Keyring, home: Path) -> None:
    (old,) = ring.current()
    new = ring.draft_next()
    ring.begin_overlap()
    ring.path.unlink()
    assert (ring.current(), ring.outgoing()) == ([old, new], old)
    with pytest.raises(TamperedLogError, match="rotate-key book --retire"):
        ring.signers()
    # Retiring was cut short after the lists were written.
    write_public(home, "book", [new])
    add_retired(home, "book", [old])
    assert ring.outgoing() == old
    ring.retire()
    assert (ring.current(), ring.retired()) == ([new], [old])


def test_a_home_without_private_keys_has_the_lists(ring: Keyring, home: Path) -> None:
    old = ring.current()
    ring.draft_next()
    ring.begin_overlap()
    ring.retire()
    ring.path.unlink()
    assert ring.retired() == old
    assert len(ring.current()) == 1
    add_retired(home, "book", old)
    assert ring.retired() == old


def test_the_draft_of_a_key_is_as_secret_as_a_key(ring: Keyring, home: Path) -> None:
    ring.draft_next()
    for name in ("book.draft.key", "book.key"):
        path = home / "keys" / name
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o640)
        with pytest.raises(InvalidInputError, match="open_key"):
            ring.begin_overlap()
        path.chmod(0o600)


@pytest.mark.parametrize("content", [b"", b"AAAA\n", b"not base64!\n", b"\xff" * 44])
def test_what_is_no_key_is_refused(ring: Keyring, content: bytes) -> None:
    write_file(ring.path, content)
    with pytest.raises(InvalidInputError) as caught:
        ring.current()
    assert caught.value.code == "key_form"
    assert str(ring.path) in caught.value.message.en


# --- checkpoints across a rotation ---


def rotate(ledger: Ledger, home: Path) -> tuple[VerifierKey, VerifierKey, list[str]]:
    """Return the old key, the new one, and the notes before, during and after the overlap."""
    ring, notes = Keyring(home, ledger.heads()["book"]), []
    ledger.append(fact("1"))
    notes.append(sign(ledger, home))
    (old,) = ring.current()
    new = ring.draft_next()
    assert sign(ledger, home) == notes[0]
    ring.begin_overlap()
    ledger.append(fact("2"))
    notes.append(sign(ledger, home))
    ring.retire()
    ledger.append(fact("3"))
    notes.append(sign(ledger, home))
    return old, new, notes


def test_during_the_overlap_either_key_checks(ledger: Ledger, home: Path) -> None:
    old, new, notes = rotate(ledger, home)
    signers = [open_note(note, [old, new]).signers for note in notes]
    assert signers == [(old,), (old, new), (new,)]
    assert notes[1].count("—") == 2
    for key in (old, new):
        assert open_note(notes[1], [key]).signers == (key,)


def test_a_retired_key_makes_no_last_checkpoint(sqlite_ledger: Ledger, home: Path) -> None:
    _, _, notes = rotate(sqlite_ledger, home)
    head = sqlite_ledger.heads()["book"]
    write_file(home / "checkpoints" / "book", notes[0].encode())
    with pytest.raises(TamperedLogError) as caught:
        Signer(home).last(head)
    assert caught.value.code == "retired_key"
    with pytest.raises(TamperedLogError):
        sign(sqlite_ledger, home)
    write_file(home / "checkpoints" / "book", notes[1].encode())
    assert Signer(home).last(head) is not None


def test_old_checkpoints_open_with_all_the_keys_for_ever(sqlite_ledger: Ledger, home: Path) -> None:
    _, _, notes = rotate(sqlite_ledger, home)
    known = Signer(home).known_keys(sqlite_ledger.heads()["book"])
    assert len(known) == 2
    for note in notes:
        assert open_note(note, known).text


def test_a_log_that_signed_gets_no_new_first_key(sqlite_ledger: Ledger, home: Path) -> None:
    sign(sqlite_ledger, home)
    ring = Keyring(home, sqlite_ledger.heads()["book"])
    ring.path.unlink()
    for _ in range(2):
        with pytest.raises(TamperedLogError, match="key_missing"):
            sign(sqlite_ledger, home)
        assert not ring.path.exists()
