"""What is handed over: folders that every file system takes, zips of the same bytes, hashes."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.delivery import folder_name, render_sums, zip_of
from tests.small_ledger import CODE


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("华智科技", "华智科技"),
        ("武汉 / 华智（集团）有限公司", "武汉 _ 华智（集团）有限公司"),
        ("../../etc", "etc"),
        ("CON", "〔CON〕"),
        ("nul.科技", "〔nul.科技〕"),
        ("-rf", "rf"),
        ("a\r\nb\t c\x00\x7f", "a b c"),
        ("科\u202e技\u200b", "科 技"),
        ("\U0002cb4e㐂犇", "\U0002cb4e㐂犇"),
        ('a:b*c?d"e<f>g|h\\i', "a_b_c_d_e_f_g_h_i"),
    ],
)
def test_a_name_becomes_a_folder_beside_its_code(name: str, folder: str) -> None:
    assert folder_name(name, CODE) == f"{folder}_{CODE}"


@pytest.mark.parametrize("name", ["", " . ", "\x00", "///"])
def test_a_name_of_which_nothing_is_left_is_its_code(name: str) -> None:
    assert folder_name(name, CODE) == CODE


@given(st.text(max_size=200))
def test_any_name_fits_any_file_system(name: str) -> None:
    folder = folder_name(name, CODE)
    assert folder.endswith(CODE)
    assert len(f"{folder}_2022.zip".encode()) <= 255
    assert not set(folder) & set('/\\:*?"<>|\n\r\0')
    assert folder.isprintable()
    assert folder[0] not in " .-"


def test_a_long_name_is_cut_between_characters() -> None:
    assert folder_name("智" * 60, CODE) == f"{'智' * 50}_{CODE}"


def test_a_zip_has_the_same_bytes_in_whatever_order_its_files_come() -> None:
    files = {f"{i}/华.pdf": bytes([i]) * i for i in range(20)}
    made = zip_of(files)
    assert zip_of(dict(reversed(files.items()))) == made
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert archive.namelist() == sorted(files)
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_hashes_stand_in_the_order_of_their_paths() -> None:
    assert render_sums([("b", "22"), ("a", "11")]) == b"11  a\n22  b\n"
