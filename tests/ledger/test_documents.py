"""The store of documents: staged, placed, read back, checked; nothing half done or mended."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from ledger.codec import encode
from ledger.documents import DocumentStore, Filing, Staged, read_filings
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.events import DocumentFiled, MediaType
from ledger.media import DOCUMENT_BYTES_MAX
from ledger.roster import Roster
from tests.ledger.conftest import CODE, OTHER_CODE, SALT, Ledger, fact
from tests.ledger.people import AT, FIRST
from tests.papers import make_ofd, make_pdf

PDF = make_pdf()
DAY_S = 86_400


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    """Return the store of an empty home."""
    (tmp_path / "home").mkdir()
    return DocumentStore(tmp_path / "home")


def put(store: DocumentStore, tmp_path: Path, data: bytes = PDF, name: str = "a.pdf") -> Staged:
    """Return a document that was staged and placed."""
    path = tmp_path / name
    path.write_bytes(data)
    with store.staging([path]) as (staged,):
        store.place(staged)
    return staged


def filed(data: bytes = PDF, media_type: MediaType = "application/pdf") -> DocumentFiled:
    return DocumentFiled(
        at=AT,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type,
        size_bytes=len(data),
        kind="contract",
        recorded_by="gh-1",
        ref="C-1",
    )


def files(store: DocumentStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(LedgerError) as caught:
        act()
    return caught.value.code


# --- in and out ---


def test_a_document_lies_under_its_digest_and_comes_out_as_it_went_in(
    store: DocumentStore, tmp_path: Path
) -> None:
    staged = put(store, tmp_path)
    digest = hashlib.sha256(PDF).hexdigest()
    assert (staged.sha256, staged.media_type, staged.size_bytes) == (
        *(digest, "application/pdf"),
        len(PDF),
    )
    assert files(store) == [store.folder / digest[:2] / digest]
    assert files(store)[0].stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in store.folder.rglob("*") if path.is_dir()} == {
        0o700
    }
    assert store.read(filed()) == PDF
    assert list(store.check([Filing(0, CODE, filed())])) == []


def test_the_same_document_twice_is_one_file(store: DocumentStore, tmp_path: Path) -> None:
    put(store, tmp_path)
    before = files(store)[0].stat()
    put(store, tmp_path, name="b.pdf")
    (after,) = files(store)
    assert (after.stat().st_ino, after.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_of_several_files_all_are_staged_or_none(store: DocumentStore, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(PDF)
    bad.write_bytes(PDF[:-9])
    with pytest.raises(InvalidInputError, match=r"^bad\.pdf: "), store.staging([good, bad]):
        pytest.fail("a broken document was staged")
    assert files(store) == []


def test_what_was_sent_is_named_by_the_last_part_of_its_path(store: DocumentStore) -> None:
    for name in (r"C:\扫描\bad.pdf", "../../bad.pdf", "bad.pdf"):
        sent = [("good.pdf", BytesIO(PDF)), (name, BytesIO(PDF[:-9]))]
        with pytest.raises(InvalidInputError, match=r"^bad\.pdf: "), store.receiving(sent):
            pytest.fail("a broken document was staged")
    assert files(store) == []


def test_what_is_staged_and_not_placed_is_gone(store: DocumentStore, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    with store.staging([path, path]) as staged:
        assert len(files(store)) == 2
        store.place(staged[0])
    assert files(store) == [store.path_of(staged[0].sha256)]


def test_a_link_a_folder_and_a_pipe_are_no_documents(store: DocumentStore, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.pdf")
    for name in ("link.pdf", "folder.pdf", "pipe.pdf"):
        assert code_of(lambda name=name: store.stage(tmp_path / name)) == "not_a_file"  # type: ignore[misc]
    with pytest.raises(FileNotFoundError):
        store.stage(tmp_path / "none.pdf")
    assert files(store) == []


def test_what_is_too_large_is_refused_while_it_is_read(
    store: DocumentStore, tmp_path: Path
) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.write(PDF)
        file.truncate(50 * DOCUMENT_BYTES_MAX)
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from ledger.documents import DocumentStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000_000, 30_000_000))\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: DocumentStore(Path(sys.argv[1])).stage(Path(sys.argv[2]))\n"
        "except Exception as error: print(error.code)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, store.home, path],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    code, grown_kib = done.stdout.split()
    assert code == b"document_too_large"
    assert int(grown_kib) < 3 * DOCUMENT_BYTES_MAX // 1024
    assert files(store) == []


def test_an_empty_file_is_refused(store: DocumentStore, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    assert code_of(lambda: store.stage(tmp_path / "a.pdf")) == "empty_document"


def test_a_name_cannot_play_tricks_on_a_terminal(store: DocumentStore, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2Ja.pdf"
    path.write_bytes(b"x")
    with pytest.raises(InvalidInputError) as caught:
        store.stage(path)
    assert "\x1b" not in caught.value.message.en + caught.value.message.zh


# --- what becomes of it ---


@pytest.mark.parametrize("position", [0, len(PDF) // 2, len(PDF) - 1])
def test_any_altered_byte_is_found_and_never_mended(
    store: DocumentStore, tmp_path: Path, position: int
) -> None:
    staged = put(store, tmp_path)
    path = store.path_of(staged.sha256)
    altered = bytearray(PDF)
    altered[position] ^= 1
    path.write_bytes(altered)
    assert code_of(lambda: store.read(filed())) == "document_altered"
    assert code_of(lambda: put(store, tmp_path)) == "document_altered"
    assert path.read_bytes() == altered
    assert [path] == files(store)
    (finding,) = store.check([Filing(7, CODE, filed())])
    assert (finding.log, finding.index, finding.table) == ("book", 7, "document")
    for said in (finding.what.zh, finding.what.en):
        assert CODE in said
        assert "contract" in said
        assert staged.sha256 in said


@pytest.mark.parametrize("change", ["longer", "shorter", "link", "gone", "folder"])
def test_a_document_that_is_not_what_it_was_is_found(
    store: DocumentStore, tmp_path: Path, change: str
) -> None:
    path = store.path_of(put(store, tmp_path).sha256)
    if change in ("longer", "shorter"):
        path.write_bytes(PDF + b"x" if change == "longer" else PDF[:-1])
    else:
        path.rename(tmp_path / "elsewhere")
        if change == "link":
            path.symlink_to(tmp_path / "elsewhere")
        elif change == "folder":
            path.mkdir()
    wanted = "document_missing" if change == "gone" else "document_altered"
    assert code_of(lambda: store.read(filed())) == wanted
    two = [Filing(3, CODE, filed()), Filing(4, OTHER_CODE, filed())]
    assert [one.index for one in store.check(two)] == [3, 4]
    kept_elsewhere = [] if change == "gone" else [3, 4]
    assert [one.index for one in store.check(two, must_be_kept=False)] == kept_elsewhere


def test_a_lost_document_comes_back_when_it_is_placed_again(
    store: DocumentStore, tmp_path: Path
) -> None:
    store.path_of(put(store, tmp_path).sha256).unlink()
    put(store, tmp_path)
    assert store.read(filed()) == PDF


def test_a_copy_in_another_home_is_a_file_of_its_own(store: DocumentStore, tmp_path: Path) -> None:
    path = store.path_of(put(store, tmp_path).sha256)
    (tmp_path / "other").mkdir()
    other = DocumentStore(tmp_path / "other")
    other.copy_from(store, filed())
    assert other.read(filed()) == PDF
    assert path.stat().st_nlink == 1
    path.write_bytes(b"altered")
    assert other.read(filed()) == PDF
    with pytest.raises(TamperedLogError):
        DocumentStore(tmp_path / "third").copy_from(store, filed())


# --- what nothing names ---


def test_only_files_that_no_event_names_and_that_are_old_are_unnamed(
    store: DocumentStore, tmp_path: Path
) -> None:
    named, stray = put(store, tmp_path), put(store, tmp_path, make_ofd(), "b.ofd")
    (store.folder / ".staging" / "draft").write_bytes(b"x")
    (store.folder / "README").write_bytes(b"somebody's")
    (store.folder / "ab").mkdir(exist_ok=True)
    (store.folder / "ab" / "notes.txt").write_bytes(b"somebody's")
    for path in files(store):
        os.utime(path, (1_000_000, 1_000_000))
    assert store.find_unnamed({named.sha256}, 1_000_000) == []
    found = store.find_unnamed({named.sha256}, 1_000_001)
    assert {one.path for one in found} == {
        store.folder / ".staging" / "draft",
        store.path_of(stray.sha256),
    }


# --- the book ---


def test_filings_are_read_from_the_book_in_order(ledger: Ledger) -> None:
    data, other = filed(), filed(b"x")
    ledger.append(
        fact("f-1"),
        encode("urn:a", "1", CODE, data, SALT),
        encode("urn:a", "2", OTHER_CODE, other, SALT),
        fact("f-2"),
    )
    size = ledger.heads()["book"].size
    for engine in (ledger.read, ledger.reader, ledger.write):
        with engine.connect() as connection:
            found = read_filings(connection, size)
            assert found == [Filing(1, CODE, data), Filing(2, OTHER_CODE, other)]
            assert read_filings(connection, 2) == found[:1]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"sha256": "X" * 64}, "bad_digest"),
        ({"size_bytes": 0}, "bad_size"),
        ({"size_bytes": 2**40 + 1}, "bad_size"),
        ({"kind": "../x"}, "bad_id"),
        ({"ref": " "}, "bad_words"),
        ({"recorded_by": "张三"}, "bad_person"),
        ({"at": "2022"}, "bad_instant"),
    ],
)
def test_an_event_that_cannot_be_is_refused(wrong: dict[str, object], code: str) -> None:
    given = {name: getattr(filed(), name) for name in DocumentFiled.__struct_fields__}
    assert code_of(lambda: DocumentFiled(**given | wrong)) == code


def test_only_the_task_force_and_the_enterprise_itself_may_file() -> None:
    roster = Roster()
    grant = {"at": AT, "granted_by": "a"}
    events = [
        ("a", FIRST),
        *(
            (name, type(FIRST)(person=name, role=role, scope=scope, **grant))  # type: ignore[arg-type]
            for name, role, scope in (
                ("t", "task_force", None),
                ("w", "task_force", "wuhan"),
                ("own", "enterprise", CODE),
                ("other", "enterprise", OTHER_CODE),
                ("f", "finance", None),
                ("z", "authority", None),
                ("u", "auditor", None),
            )
        ),
    ]
    for _, data in events:
        roster.apply(encode("urn:a", "1", "", data, SALT))
    may = {
        name
        for name in [*(name for name, _ in events), "nobody"]
        if roster.objection(
            DocumentFiled(
                at=AT,
                sha256="a" * 64,
                media_type="image/png",
                size_bytes=1,
                kind="invoice",
                recorded_by=name,
            ),
            CODE,
        )
        is None
    }
    assert may == {"t", "w", "own"}
