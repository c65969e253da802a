"""Files that somebody asked for: whole or as they were, under the name and mode that they have."""

import os
from pathlib import Path

import pytest

from portal.out_file import write_out
from tests.room import room_for


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsx"
    with room_for(10), pytest.raises(OSError, match="too large") as caught:
        write_out(path, bytes(100_000))
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []
    write_out(path, b"old")
    with room_for(10), pytest.raises(OSError, match="too large"):
        write_out(path, bytes(100_000))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_file_keeps_its_mode_and_a_new_one_has_the_umasks(tmp_path: Path) -> None:
    path, umask = tmp_path / "x.csv", os.umask(0o027)
    try:
        write_out(path, b"1")
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o600)
    write_out(path, b"2")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"2", 0o600)


def test_a_link_is_followed_and_what_is_no_file_is_written_through(tmp_path: Path) -> None:
    link, path = tmp_path / "link", tmp_path / "file"
    link.symlink_to(path)
    write_out(link, b"1")
    assert (link.is_symlink(), path.read_bytes()) == (True, b"1")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_out(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    with pytest.raises(IsADirectoryError):
        write_out(tmp_path, b"")


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_out(path, b"1")
    assert path.read_bytes() == b"1"
