"""Secret files: made once, whole, for their owner only; refused where others could get at them."""

import os
import stat
import threading
from pathlib import Path

import pytest

from ledger.errors import InvalidInputError
from ledger.secret import make_secret, read_secret, write_file
from tests.room import room_for


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return a secret in a directory of its own."""
    path = tmp_path / "keys" / "usage.key"
    path.parent.mkdir(mode=0o700)
    make_secret(path, b"secret")
    return path


def refusal(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        read_secret(path)
    assert caught.value.code == "open_key"
    assert str(path.parent) in caught.value.message.zh
    assert str(path.parent) in caught.value.message.en
    return caught.value


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_file(path, b"old, and longer")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    with room_for(10), pytest.raises(OSError, match="too large") as caught:
        write_file(path, bytes(100_000))
    assert caught.value.filename == str(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_draft_that_a_crash_left_open_to_others_is_not_written_into(tmp_path: Path) -> None:
    path = tmp_path / "file"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"not ours")
    (tmp_path / f".file.{os.getpid()}").symlink_to(elsewhere)
    write_file(path, b"ours")
    assert elsewhere.read_bytes() == b"not ours"
    assert (path.read_bytes(), mode_of(path)) == (b"ours", 0o600)


def test_a_secret_is_made_once_even_by_many_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "k"
    path.parent.mkdir(mode=0o700)
    found = []

    def work(number: int) -> None:
        if not path.exists():
            make_secret(path, b"%d" % number)
        found.append(read_secret(path))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666, 0o700, 0o4600])
def test_a_secret_with_a_wider_mode_is_refused(key: Path, mode: int) -> None:
    key.chmod(mode)
    error = refusal(key)
    assert f"{mode:04o}" in error.message.en
    assert error.next_step.en == f"run chmod 600 {key}"
    key.chmod(0o400)
    assert read_secret(key) == b"secret"


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o722, 0o1777])
def test_a_secret_in_a_directory_that_others_write_to_is_refused(key: Path, mode: int) -> None:
    key.parent.chmod(mode)
    error = refusal(key)
    assert error.next_step.en == f"run chmod 700 {key.parent}"
    key.parent.chmod(0o755)
    assert read_secret(key) == b"secret"


def test_a_secret_behind_a_symbolic_link_is_refused(key: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.key"
    key.rename(real)
    key.symlink_to(real)
    assert "symbolic link" in refusal(key).message.en
    key.unlink()
    key.symlink_to(tmp_path / "nothing")
    refusal(key)


def test_the_directory_of_secrets_may_be_a_link(key: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "keys").symlink_to(key.parent)
    path = tmp_path / "home" / "keys" / key.name
    assert read_secret(path) == b"secret"
    key.parent.chmod(0o777)
    refusal(path)


def test_a_secret_with_a_second_name_is_refused(key: Path, tmp_path: Path) -> None:
    (tmp_path / "other name").hardlink_to(key)
    error = refusal(key)
    assert "1 more names" in error.message.en
    assert "-samefile" in error.next_step.en
    (tmp_path / "other name").unlink()
    assert read_secret(key) == b"secret"


def test_the_draft_of_a_secret_cut_short_is_cleared_away(key: Path) -> None:
    draft = key.with_name(f".{key.name}.0123456789abcdef")
    draft.hardlink_to(key)
    another = key.with_name(f".{key.name}.fedcba9876543210")
    another.write_bytes(b"another process's draft")
    assert read_secret(key) == b"secret"
    assert not draft.exists()
    assert another.exists()
