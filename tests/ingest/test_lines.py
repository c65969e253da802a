"""Lines of files, whole and broken, against the obvious way of splitting text."""

import gzip
import hashlib
import io
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from ingest.lines import BLOCK_BYTES, LINE_BYTES_MAX, open_content
from ledger.errors import InvalidInputError
from ledger.rejection import REJECTION_BODY_BYTES_MAX, Rejection

ROOT = Path(__file__).parents[2]

Pack = Callable[[bytes], bytes]

PACKS: dict[str, Pack] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> tuple[str, Pack]:
    return request.param, PACKS[request.param]


def read(path: Path) -> tuple[str, list[tuple[int, bytes] | Rejection]]:
    with open_content(path) as content:
        once, twice = list(content.records()), list(content.records())
        assert once == twice
        return content.sha256, once


def obvious(data: bytes) -> list[tuple[int, bytes]]:
    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"a",
        b"a\n",
        b"a\r\nb\r\n",
        b"\n\n  \na\n\t\nb",
        b"a\rb\n",
        "甲\n乙\r\n".encode(),
        b"x" * LINE_BYTES_MAX + b"\r\ny",
        b"line\n" * (BLOCK_BYTES // 2),
        b"0123456\n" * (BLOCK_BYTES // 8) + b"last",
    ],
)
def test_lines_are_those_of_the_text(tmp_path: Path, pack: tuple[str, Pack], data: bytes) -> None:
    path = tmp_path / f"lines{pack[0]}"
    path.write_bytes(pack[1](data))
    assert read(path) == (hashlib.sha256(data).hexdigest(), obvious(data))


def test_the_form_is_known_by_its_first_bytes_whatever_its_name(tmp_path: Path) -> None:
    for suffix, pack in PACKS.items():
        path = tmp_path / f"named-wrong-{suffix[1:]}.txt"
        path.write_bytes(pack(b"a\nb\n"))
        assert read(path)[1] == [(1, b"a"), (2, b"b")]


def test_members_one_behind_the_other_are_one_text(tmp_path: Path) -> None:
    for suffix, pack in PACKS.items():
        path = tmp_path / f"members{suffix}"
        path.write_bytes(pack(b"a\nb") + pack(b"b\n") + pack(b"") + pack(b"c\n"))
        assert read(path)[1] == [(1, b"a"), (2, b"bb"), (3, b"c")]


def test_zeros_after_a_gzip_member_are_padding(tmp_path: Path) -> None:
    path = tmp_path / "padded.gz"
    path.write_bytes(gzip.compress(b"a\n") + b"\0" * 1000)
    assert read(path)[1] == [(1, b"a")]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_of_a_stream_cut_anywhere_every_whole_line_counts(tmp_path: Path, suffix: str) -> None:
    random_source = random.Random(3)  # noqa: S311 - a test's own, seeded
    data = b"".join(b"%d,%d\n" % (n, random_source.randrange(10**9)) for n in range(30_000))
    packed = PACKS[suffix](data)
    path = tmp_path / f"cut{suffix}"
    whole = obvious(data)
    most = 0
    for length in (*range(1, 40), *range(40, len(packed), len(packed) // 40), len(packed) - 1):
        path.write_bytes(packed[:length])
        with open_content(path) as content:
            *lines, last = content.records()
            assert content.broken is not None
        assert isinstance(last, Rejection)
        assert last.code == "broken_file"
        assert lines == whole[: len(lines)], "no line is changed or cut"
        assert last.position == len(lines) + 1
        assert f"line {last.position} " in last.message.en
        assert "fetch the whole file" in last.message.en
        assert dict(whole).get(last.position, b"").startswith(last.body)
        most = max(most, len(lines))
    assert most > 0, "something was readable"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_nothing_of_an_altered_member_is_taken(tmp_path: Path, suffix: str) -> None:
    good, bad = PACKS[suffix](b"1\n2\n"), bytearray(PACKS[suffix](b"3\n4\n" * 2000))
    path = tmp_path / f"altered{suffix}"
    for at in range(12, len(bad)):
        altered = bad.copy()
        altered[at] ^= 0x10
        path.write_bytes(good + altered)
        records = read(path)[1]
        assert records[:2] == [(1, b"1"), (2, b"2")], at
        rest = records[2:]
        assert len(rest) == 1, at
        assert isinstance(rest[0], Rejection)
        assert (rest[0].code, rest[0].position) == ("broken_file", 3)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_what_came_out_of_a_member_before_its_damage_showed_is_not_taken_either(
    tmp_path: Path, suffix: str
) -> None:
    random_source = random.Random(9)  # noqa: S311 - a test's own, seeded
    good, bad = (
        b"1\n2\n",
        b"".join(b"%d\n" % random_source.randrange(10**9) for _ in range(200_000)),
    )
    altered = bytearray(PACKS[suffix](bad))
    altered[-3] ^= 1
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(PACKS[suffix](good) + altered)
    sha256, (first, second, last) = read(path)
    assert sha256 == hashlib.sha256(good).hexdigest()
    assert (first, second) == ((1, b"1"), (2, b"2"))
    assert isinstance(last, Rejection)
    assert (last.code, last.position) == ("broken_file", 3)


def test_what_only_bears_the_name_of_gzip_is_one_rejection(tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    path.write_bytes(b"no gzip at all\n" * 10)
    (record,) = read(path)[1]
    assert isinstance(record, Rejection)
    assert (record.code, record.position) == ("broken_file", 1)


def test_each_line_that_is_no_text_is_a_rejection_and_the_next_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "mixed"
    gbk = "武汉".encode("gbk")
    path.write_bytes(b"a\n\xff\xfe\n\x00\n\x80 \nb\n" + gbk + b"\n")
    records = read(path)[1]
    assert (records[0], records[4]) == ((1, b"a"), (5, b"b"))
    refused = [record for record in records if isinstance(record, Rejection)]
    assert [(one.code, one.position, one.body) for one in refused] == [
        ("not_text", 2, b"\xff\xfe"),
        ("not_text", 3, b"\x00"),
        ("not_text", 4, b"\x80 "),
        ("not_text", 6, gbk),
    ]
    assert refused[3].sha256 == hashlib.sha256(gbk).digest()
    assert "GBK" in refused[0].message.zh


def test_random_bytes_end_in_a_rejection_a_line_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "random"
    raw = random.Random(5).randbytes(1_000_000)  # noqa: S311 - a test's own, seeded
    path.write_bytes(raw)
    records = read(path)[1]
    assert len(records) == sum(bool(line.strip()) for line in raw.split(b"\n"))
    assert any(isinstance(record, Rejection) for record in records)


# The last one ends two bytes into a block.
@pytest.mark.parametrize("excess", [1, 2, 3 * BLOCK_BYTES, 2 * BLOCK_BYTES - LINE_BYTES_MAX])
def test_a_long_line_is_refused_with_its_first_bytes_length_and_hash(
    tmp_path: Path, pack: tuple[str, Pack], excess: int
) -> None:
    line = bytes(ord("a") + n % 26 for n in range(LINE_BYTES_MAX + excess))
    path = tmp_path / f"long{pack[0]}"
    path.write_bytes(pack[1](b"a\n" + line + b"\nb\n" + line))
    first, long, second, last = read(path)[1]
    assert (first, second) == ((1, b"a"), (3, b"b"))
    for record, position in ((long, 2), (last, 4)):
        assert isinstance(record, Rejection)
        assert (record.code, record.position) == ("line_too_long", position)
        assert record.body == line[:REJECTION_BODY_BYTES_MAX]
        assert record.length == len(line)
        assert record.sha256 == hashlib.sha256(line).digest()


def test_a_file_that_changes_between_two_readings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"a\nb\n")
    with open_content(path) as content:
        with path.open("ab") as file:
            file.write(b"c\n")
        assert list(content.records()) == [(1, b"a"), (2, b"b")], "what came later is left alone"
        path.write_bytes(b"a\nx\n")
        with pytest.raises(InvalidInputError, match="file_changed"):
            list(content.records())


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InvalidInputError, match="no_file"), open_content(path):
            pass


def test_progress_adds_up_to_the_file(tmp_path: Path, pack: tuple[str, Pack]) -> None:
    path = tmp_path / f"progress{pack[0]}"
    path.write_bytes(pack[1](os.urandom(1_000_000).hex().encode() + b"\n"))
    steps: list[int] = []
    with open_content(path) as content:
        list(content.records(steps.append))
    # The last bytes may be a checksum, which the hash has made needless to read again.
    assert path.stat().st_size - 256 <= sum(steps) <= path.stat().st_size
    assert len(steps) > 1


def test_standard_input_may_be_a_pipe(tmp_path: Path) -> None:
    program = (
        "from ingest.lines import open_content\n"
        "with open_content('-') as c: print(c.sha256, list(c.records()))"
    )
    data = gzip.compress(b"a\nb\n")
    run = subprocess.run(
        [sys.executable, "-c", program], input=data, capture_output=True, check=True, cwd=ROOT
    )
    expected = hashlib.sha256(b"a\nb\n").hexdigest()
    assert run.stdout.decode().strip() == f"{expected} [(1, b'a'), (2, b'b')]"
    path = tmp_path / "redirected"
    path.write_bytes(data)
    with path.open("rb") as file:
        again = subprocess.run(
            [sys.executable, "-c", program], stdin=file, capture_output=True, check=True, cwd=ROOT
        )
    assert again.stdout == run.stdout


PEAK = """
import resource, sys
from ingest.lines import open_content
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
with open_content(sys.argv[1]) as content:
    (record,) = content.records()
assert record.length == 100_000_000, record.length
print(record.code, peak() - before)
"""


def test_a_line_of_100_mb_leaves_memory_flat(tmp_path: Path, pack: tuple[str, Pack]) -> None:
    path = tmp_path / f"huge{pack[0]}"
    with path.open("wb") as file:
        write_huge(file, pack[0])
    run = subprocess.run(
        [sys.executable, "-c", PEAK, path], capture_output=True, check=True, cwd=ROOT, text=True
    )
    code, grown_kib = run.stdout.split()
    assert code == "line_too_long"
    assert int(grown_kib) < 32 * 1024


def write_huge(file: io.BufferedWriter, suffix: str) -> None:
    """Write a line of 100 MB without holding it."""
    part, times = b"a" * 1_000_000, 100
    if suffix == ".gz":
        packer = zlib.compressobj(wbits=31)
        file.writelines(packer.compress(part) for _ in range(times))
        file.write(packer.flush())
    elif suffix == ".zst":
        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as writer:
            for _ in range(times):
                writer.write(part)
    else:
        for _ in range(times):
            file.write(part)
