"""`suanquan statement seal` and what verify, replay, check and backup make of a sealed file."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.portal.conftest import Answer, Run, environment_of
from tests.reports.seals import Authority, key_pem, pem, write


class Centre:
    """A centre with two statements of January, a key that seals, and a root that it leads to."""

    def __init__(self, run: Run, home: Path, directory: Path) -> None:
        self.run, self.home = run, home
        self.root = Authority.made()
        identity = self.root.identity()
        key, certificate = write(directory, key_pem(identity.key), pem(identity.certificate))
        roots = directory / "roots.pem"
        roots.write_bytes(pem(self.root.certificate))
        self.settings = {
            "SUANQUAN_SEAL_KEY": str(key),
            "SUANQUAN_SEAL_CERTIFICATE": str(certificate),
            "SUANQUAN_SEAL_ROOTS": str(roots),
        }
        self.numbers = sorted(path.stem for path in home.rglob("*.pdf"))
        assert len(self.numbers) == 2

    def seal(self, *arguments: object, **environment: str) -> Answer:
        return self.run("statement", "seal", *arguments, "--json", **self.settings | environment)

    def sealed(self, number: str) -> Path:
        return self.home / "statements" / "2022-01" / f"{number}.sealed.pdf"

    def verify(self, path: Path, **environment: str) -> Answer:
        return self.run("statement", "verify", path, "--json", **environment)

    def size(self) -> int:
        """Return how many entries the book has."""
        logs = self.run("log", "list", "--json").json["logs"]
        (size,) = (int(one["size"]) for one in logs if one["name"] == "book")
        return size

    def findings(self) -> list[str]:
        """Return what a replay finds, which must be what a full check finds too."""
        told = self.run("replay", "--statements", "--json", "--lang", "en").json["findings"]
        checked = self.run("log", "check", "--full", "--json", "--lang", "en").json["findings"]
        sealed = [one["what"] for one in told if one["column"] == "seal"]
        assert [one["what"] for one in checked] == [one for one in sealed if "never" not in one]
        return [one["what"] for one in told]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with two statements, made once."""
    directory = tmp_path_factory.mktemp("settled")
    home, path = directory / "home", str(directory / "year.ndjson")
    for words in (
        ["simulate", "--enterprises", "2", "--days", "40", "--out", path],
        ["ingest", "file", path, "--format", "cloudevents"],
        ["statement", "make", "--month", "2022-01"],
    ):
        command = [sys.executable, "-m", "portal", *words]
        subprocess.run(command, check=True, env=environment_of(home), stdout=subprocess.DEVNULL)
    return home


@pytest.fixture
def centre(suanquan: Run, home: Path, settled: Path, tmp_path: Path) -> Centre:
    shutil.copytree(settled, home)
    return Centre(suanquan, home, tmp_path / "seal")


def test_statements_are_sealed_once_and_everything_agrees(centre: Centre, tmp_path: Path) -> None:
    before = centre.size()
    made = centre.seal().json
    assert (made["sealed"], [one["id"] for one in made["rows"]]) == (2, centre.numbers)
    size = centre.size()
    assert size > before
    files = {one: centre.sealed(one).read_bytes() for one in centre.numbers}
    for again in (centre.seal("--month", "2022-01"), centre.seal(*centre.numbers)):
        assert again.json == {"sealed": 0, "rows": made["rows"]}
    assert centre.size() == size
    assert {one: centre.sealed(one).read_bytes() for one in centre.numbers} == files
    assert centre.findings() == []
    listed = centre.run("statement", "list", "--json").json["rows"]
    assert [one["sealed_sha256"] for one in listed] == [one["sha256"] for one in made["rows"]]
    backup = tmp_path / "backup"
    assert centre.run("backup", backup).status == 0
    for number in centre.numbers:
        name = centre.sealed(number).relative_to(centre.home)
        assert (backup / name).read_bytes() == files[number]


def test_a_sealed_file_is_verified_with_its_chain(centre: Centre, tmp_path: Path) -> None:
    (row,) = centre.seal(centre.numbers[1]).json["rows"]
    path = centre.sealed(centre.numbers[1])
    signature = {
        "profile": "PAdES-B-B",
        "signer": "CN=武汉人工智能计算中心,C=CN",
        "certificate_sha256": row["certificate_sha256"],
        "valid": True,
        "trusted": None,
        "at": row["sealed_at"],
    }
    known = centre.verify(path)
    assert (known.status, known.json["known"]) == (0, True)
    assert (known.json["id"], known.json["signature"]) == (centre.numbers[1], signature)
    roots = {"SUANQUAN_SEAL_ROOTS": centre.settings["SUANQUAN_SEAL_ROOTS"]}
    assert centre.verify(path, **roots).json["signature"] == signature | {"trusted": True}
    other = tmp_path / "other.pem"
    other.write_bytes(pem(Authority.made().certificate))
    strange = centre.verify(path, SUANQUAN_SEAL_ROOTS=str(other))
    assert (strange.status, strange.json["signature"]["trusted"]) == (4, False)
    plain = centre.verify(path.with_name(f"{centre.numbers[1]}.pdf")).json
    assert (plain["known"], plain["signature"]) == (True, None)
    assert plain["sealed_sha256"] == row["sha256"]


def test_a_sealed_file_with_one_byte_changed_is_none_of_ours(
    centre: Centre, tmp_path: Path
) -> None:
    centre.seal()
    number = centre.numbers[0]
    pdf = centre.sealed(number).read_bytes()
    changed = tmp_path / "changed.pdf"
    # In the page's text, in what says who signed, and in the padding that no signature covers.
    for place in (2000, len(pdf) - 300, pdf.rindex(b"0>") - 1):
        changed.write_bytes(pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :])
        answer = centre.verify(changed)
        assert (answer.status, answer.json["known"], answer.json["id"]) == (4, False, number)
    changed.write_bytes(pdf.replace(b"Suanquan", b"suanquan", 1))
    assert centre.verify(changed).json["signature"]["valid"] is False


def test_what_is_wrong_with_a_sealed_file_is_found(centre: Centre) -> None:
    centre.seal()
    first, second = map(centre.sealed, centre.numbers)
    kept = first.read_bytes()
    first.write_bytes(kept + b" ")
    second.unlink()
    assert centre.findings() == [
        f"{centre.numbers[0]}: {first} was changed",
        f"{centre.numbers[1]}: {second} is missing",
    ]


def test_a_file_that_a_crash_left_is_told_and_replaced(centre: Centre) -> None:
    path = centre.sealed(centre.numbers[0])
    path.write_bytes(b"%PDF-")
    (told,) = centre.findings()
    assert told == f"the seal of {path} was never recorded; suanquan statement seal replaces it"
    assert centre.seal().json["sealed"] == 2
    assert path.stat().st_size > 10_000
    assert centre.findings() == []


def test_two_who_seal_at_once_seal_each_statement_once(centre: Centre) -> None:
    before = centre.size()
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: centre.seal(), range(2)))
    assert [one.status for one in made] == [0, 0]
    assert sum(one.json["sealed"] for one in made) == 2
    # A seal and the leaf that closes its batch, for each statement.
    assert centre.size() - before == 2 * 2
    assert centre.findings() == []


def test_what_cannot_be_sealed_is_refused_with_the_next_step(centre: Centre) -> None:
    def refused(answer: Answer) -> tuple[int, str]:
        return answer.status, answer.error["code"]

    assert refused(centre.run("statement", "seal", "--json")) == (2, "no_seal")
    assert refused(centre.seal("SQ-X")) == (2, "no_statement")
    assert refused(centre.seal(SUANQUAN_SEAL_CERTIFICATE="")) == (2, "no_seal")
    path = centre.home / "statements" / "2022-01" / f"{centre.numbers[0]}.pdf"
    path.write_bytes(path.read_bytes() + b" ")
    assert refused(centre.seal(centre.numbers[0])) == (4, "statement_changed")
    assert not centre.sealed(centre.numbers[0]).exists()
    Path(centre.settings["SUANQUAN_SEAL_KEY"]).chmod(0o644)
    assert refused(centre.seal()) == (2, "open_key")
