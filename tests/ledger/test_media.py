"""What a document is by its content, and every way in which one is refused."""

import random
import struct
import time
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf.actions import JavaScript

from ledger.errors import InvalidInputError
from ledger.events import MediaType
from ledger.media import DOCUMENT_BYTES_MAX, NAMES, inspect
from ledger.media.archive import ENTRIES_MAX, RATIO_FLOOR_BYTES
from ledger.media.image import PARTS_MAX, PIXELS_MAX
from ledger.media.inflate import RAW, inflate
from ledger.media.markup import DEPTH_MAX, TOKEN_BYTES_MAX
from ledger.media.pdf import OBJECT_STREAMS_MAX, OBJECTS_BYTES_MAX
from tests.papers import INVOICE_XML, OFD_XML, make_image, make_ofd, make_pdf, make_xml, make_zip

PDF, PNG, JPEG, OFD, XML = (
    *(make_pdf(), make_image("PNG"), make_image("JPEG")),
    *(make_ofd(), make_xml()),
)
SAMPLES: dict[str, bytes] = {"pdf": PDF, "png": PNG, "jpg": JPEG, "ofd": OFD, "xml": XML}
WORDS: dict[str, MediaType] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "ofd": "application/ofd",
    "xml": "application/xml",
}


def code_of(data: bytes, name: str = "paper") -> str:
    """Return the code under which a document is refused."""
    with pytest.raises(InvalidInputError) as caught:
        inspect(data, name)
    assert caught.value.next_step.zh
    assert caught.value.next_step.en
    return caught.value.code


# --- what it is ---


@pytest.mark.parametrize("ending", WORDS)
def test_a_document_is_what_its_content_is(ending: str) -> None:
    data = SAMPLES[ending.replace("jpeg", "jpg")]
    assert inspect(data, f"合同.{ending.upper()}") == inspect(data, "合同") == WORDS[ending]


@pytest.mark.parametrize("ending", SAMPLES)
@pytest.mark.parametrize("claimed", [*SAMPLES, "exe", "docx"])
def test_a_name_that_claims_something_else_is_refused(ending: str, claimed: str) -> None:
    if ending == claimed:
        return
    assert code_of(SAMPLES[ending], f"a.{claimed}") == "forged_document"


def test_a_refusal_says_what_it_claims_and_what_it_is() -> None:
    with pytest.raises(InvalidInputError) as caught:
        inspect(PNG, "contract.pdf")
    said = caught.value.message
    assert said.en == "it is named .pdf, but its content is PNG"
    assert said.zh == "扩展名为 .pdf，内容却是 PNG"


@pytest.mark.parametrize("name", ["合同v1.2", "2022.07.01", "paper."])
def test_an_ending_without_letters_claims_nothing(name: str) -> None:
    assert inspect(PDF, name) == "application/pdf"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (make_zip(("[Content_Types].xml", b"<Types/>")), "an Office document"),
        (make_zip(("a.txt", b"x")), "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office document"),
        (b"MZ\x90\x00" + bytes(600), "a Windows program"),
        (b"\x7fELF" + bytes(600), "a Linux program"),
        (b"#!/bin/sh\n", "a script"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(600), "a HEIC image"),
        (b"GIF89a" + bytes(60), "a GIF image"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
        (b"<!DOCTYPE html><p>x", "a web page"),
        ("\ufeff<HTML>".encode(), "a web page"),
        ("付款凭证".encode() * 200, "plain text"),
        (b"\x00\x01\x02\x03", "nothing that we know"),
    ],
)
def test_what_we_do_not_take_is_named(data: bytes, said: str) -> None:
    for name in ("paper", "paper.pdf"):
        with pytest.raises(InvalidInputError, match=said):
            inspect(data, name)


def test_nothing_is_no_document_and_too_much_neither() -> None:
    assert code_of(b"", "a.pdf") == "empty_document"
    padding = b"\n%" + b"x" * (DOCUMENT_BYTES_MAX - len(PDF) - 2)
    padded = PDF[:8] + padding + PDF[8:]
    assert inspect(padded, "a.pdf") == "application/pdf"
    assert code_of(padded + b"\n", "a.pdf") == "document_too_large"


@pytest.mark.parametrize("ending", SAMPLES)
def test_a_document_cut_short_anywhere_is_refused(ending: str) -> None:
    data = SAMPLES[ending].rstrip()
    for length in range(len(data)):
        with pytest.raises(InvalidInputError):
            inspect(data[:length].rstrip(b"\0"), f"a.{ending}")


@pytest.mark.parametrize("ending", ["png", "jpg", "ofd", "pdf"])
def test_what_follows_the_end_of_a_document_is_refused(ending: str) -> None:
    hidden = SAMPLES[ending] + make_zip(("evil.sh", b"rm"))
    assert code_of(hidden, f"a.{ending}") == "broken_document"


@given(st.sampled_from(sorted(SAMPLES)), st.randoms(use_true_random=False))
def test_a_damaged_document_is_taken_or_refused_and_never_a_bug(
    ending: str, dice: random.Random
) -> None:
    data = bytearray(SAMPLES[ending])
    for _ in range(dice.randrange(1, 6)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    for name in ("paper", f"a.{ending}"):
        with suppress(InvalidInputError):
            assert inspect(bytes(data), name) in NAMES


# --- PDF ---


def rewritten(change: str) -> bytes:
    """Return a PDF that a library changed."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(PDF))
    if change == "script":
        writer.add_open_action(JavaScript("app.alert(1)"))
    elif change == "password":
        writer.encrypt("secret", algorithm="RC4-128")
    elif change == "attachment":
        writer.add_attachment("voucher.xbrl", b"<xbrl/>")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def with_object(body: bytes) -> bytes:
    """Return a PDF with one more object in it."""
    head, rest = PDF[:9], PDF[9:]
    return head + b"\n99 0 obj\n" + body + b"\nendobj\n" + rest


def object_stream(objects: bytes, dictionary: bytes = b"/Filter/FlateDecode") -> bytes:
    """Return an object stream."""
    packed = zlib.compress(objects) if b"FlateDecode" in dictionary else objects
    return b"<</Type/ObjStm/N 1/First 4" + dictionary + b">>stream\r\n" + packed + b"\nendstream"


def test_a_pdf_that_needs_a_password_is_refused() -> None:
    assert code_of(rewritten("password"), "a.pdf") == "encrypted_document"


def test_a_pdf_with_a_script_is_refused() -> None:
    assert code_of(rewritten("script"), "a.pdf") == "active_document"


@pytest.mark.parametrize("change", ["nothing", "attachment"])
def test_a_pdf_that_another_program_wrote_is_taken(change: str) -> None:
    assert inspect(rewritten(change), "a.pdf") == "application/pdf"


ACTIVE = [
    b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
    b"<</S /Java#53cript>>",
    b"<</S/#4a#61vaScript >>",
    b"<</S/Launch/F(cmd.exe)>>",
    b"<</Type/Annot/Subtype/RichMedia>>",
    b"<</S/SubmitForm/F(http://x)>>",
]


@pytest.mark.parametrize("body", ACTIVE)
def test_what_runs_is_found_however_it_is_written(body: bytes) -> None:
    assert code_of(with_object(body), "a.pdf") == "active_document"
    assert code_of(with_object(object_stream(body)), "a.pdf") == "active_document"
    assert code_of(with_object(object_stream(body, b"")), "a.pdf") == "active_document"
    array = object_stream(body, b"/Filter [ /FlateDecode ]")
    assert code_of(with_object(array), "a.pdf") == "active_document"


@pytest.mark.parametrize(
    "body",
    [
        b"<</S/GoTo/D[0 0 R/Fit]>>",
        b"<</S/URI/URI(https://x)>>",
        b"<</F/LaunchSans/EncryptMetadata true>>",
        object_stream(b"<</S/GoTo>>"),
    ],
)
def test_what_does_not_run_is_taken(body: bytes) -> None:
    assert inspect(with_object(body), "a.pdf") == "application/pdf"


def test_a_pdf_that_hides_its_objects_or_a_bomb_among_them_is_refused() -> None:
    hidden = object_stream(b"x", b"/Filter/LZWDecode")
    assert code_of(with_object(hidden), "a.pdf") == "broken_document"
    bomb = object_stream(bytes(OBJECTS_BYTES_MAX + 1))
    assert code_of(with_object(bomb), "a.pdf") == "archive_bomb"
    halves = object_stream(bytes(OBJECTS_BYTES_MAX // 2 + 1))
    assert code_of(with_object(halves + halves), "a.pdf") == "archive_bomb"


def test_a_pdf_of_countless_object_streams_keeps_nobody_waiting() -> None:
    marks, gap = b"/Type/ObjStm " * OBJECT_STREAMS_MAX, b" " * 5_000
    begun = time.process_time()
    body = b" " * 18_000_000 + marks + gap
    assert inspect(with_object(body), "a.pdf") == "application/pdf"
    # Some 0.2 s; minutes where each mark is looked for from the file's beginning.
    assert time.process_time() - begun < 10
    assert code_of(with_object(marks + b"/ObjStm" + gap), "a.pdf") == "too_many_entries"


@pytest.mark.parametrize("name", [b"/", b"/JavaScrip ", b"/#4a#61#76#61#53#63#72#69#70 "])
def test_a_pdf_of_names_that_are_nearly_refused_keeps_nobody_waiting(name: bytes) -> None:
    begun = time.process_time()
    whole = name * (OBJECTS_BYTES_MAX // len(name))
    assert inspect(with_object(object_stream(whole)), "a.pdf") == "application/pdf"
    # A second at most; ten and more where each name is tried letter by letter.
    assert time.process_time() - begun < 5
    late = whole[:-20] + b"/#4a#61vaScript/S<<"
    assert code_of(with_object(object_stream(late)), "a.pdf") == "active_document"


@pytest.mark.parametrize("before", range(-12, 2))
def test_what_runs_is_found_wherever_a_search_begins_anew(before: int) -> None:
    for anew in (2**20, 2**20 + 64):
        at = anew + before - with_object(b"/Here").index(b"/Here")
        words = b" " * at + b"/JavaScript "
        assert code_of(with_object(words), "a.pdf") == "active_document"
        assert inspect(with_object(b" " * at + b"/JavaScripts "), "a.pdf") == "application/pdf"


def test_a_pdf_whose_table_is_nowhere_is_refused() -> None:
    place = PDF.rindex(b"startxref")
    assert code_of(PDF[:place] + b"startxref\n99999999\n%%EOF\n", "a.pdf") == "broken_document"
    assert code_of(b"%PDF-x" + PDF[6:], "a.pdf") == "broken_document"


# --- OFD ---


def test_an_ofd_with_pictures_and_pages_is_taken() -> None:
    more = make_ofd(("Doc_0/Res/image_1.png", PNG), ("Doc_0/Pages/Page_0/Content.xml", b"<Page/>"))
    assert inspect(more, "发票.ofd") == "application/ofd"


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/../../x", "a\\b", "C:x", "a\nb", "a//b", "./x", "..", "x/.."],
)
def test_a_path_that_leads_out_of_an_ofd_is_refused(name: str) -> None:
    assert code_of(make_ofd((name, b"x")), "a.ofd") == "unsafe_name"


@pytest.mark.parametrize(
    "inner",
    [make_zip(("a", b"b")), OFD, b"\x1f\x8b\x08x", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c"],
)
def test_an_archive_in_an_ofd_is_refused(inner: bytes) -> None:
    assert code_of(make_ofd(("Doc_0/Attachs/file.dat", inner)), "a.ofd") == "nested_archive"


def test_an_ofd_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    zeros = make_ofd(("Doc_0/x", bytes(20 * RATIO_FLOOR_BYTES)))
    assert code_of(zeros, "a.ofd") == "archive_bomb"
    dice = random.Random(1)  # noqa: S311 - a test's own, seeded
    noise = dice.randbytes(50_000) + bytes(9_500_000)
    parts = [(f"Doc_0/{number}", noise) for number in range(11)]
    assert code_of(make_ofd(*parts), "a.ofd") == "archive_bomb"
    assert inspect(make_ofd(*parts[:5]), "a.ofd") == "application/ofd"


def test_an_ofd_that_lies_about_its_sizes_is_refused() -> None:
    content = bytes(1000)
    honest = make_ofd(("Doc_0/x", content))
    stated = struct.pack("<L", len(content))
    assert honest.count(stated) == 2
    assert code_of(honest.replace(stated, struct.pack("<L", 999)), "a.ofd") == "archive_bomb"
    assert code_of(honest.replace(stated, struct.pack("<L", 1001)), "a.ofd") == "broken_document"
    check_sum = struct.pack("<L", zlib.crc32(content))
    wrong = honest.replace(check_sum, b"\1\2\3\4")
    assert code_of(wrong, "a.ofd") == "broken_document"


def test_an_encrypted_ofd_is_refused() -> None:
    data = bytearray(OFD)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    assert code_of(bytes(data), "a.ofd") == "encrypted_document"


def test_an_ofd_whose_two_directories_differ_is_refused() -> None:
    local = OFD.replace(b"Doc_0/Document.xml", b"Doc_0/Documint.xml", 1)
    assert code_of(local, "a.ofd") == "broken_document"


def test_entries_that_share_bytes_are_refused() -> None:
    file = BytesIO()
    inner = make_zip(("Doc_0/b", b"x" * 500))
    inner = inner[: inner.index(b"PK\x01\x02")]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("OFD.xml", OFD_XML)
        archive.writestr("Doc_0/a", b"-" + inner)
        archive.writestr("Doc_0/b", b"x" * 500, zipfile.ZIP_DEFLATED)
    data = bytearray(file.getvalue())
    assert inspect(bytes(data), "a.ofd") == "application/ofd"
    entry = data.rindex(b"Doc_0/b") - 46
    struct.pack_into("<L", data, entry + 42, data.index(b"-PK") + 1)
    assert code_of(bytes(data), "a.ofd") == "broken_document"


def test_entries_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = make_ofd(("Doc_0/a", b"1"), ("Doc_0/a", b"2"))
    assert code_of(twice, "a.ofd") == "broken_document"
    assert code_of(make_ofd(("doc_0/A", b"1"), ("Doc_0/a", b"2")), "a.ofd") == "broken_document"


def test_a_link_in_an_ofd_is_refused() -> None:
    data = bytearray(make_ofd(("Doc_0/link", b"/etc/passwd")))
    entry = data.rindex(b"Doc_0/link") - 46
    data[entry + 5] = 3
    struct.pack_into("<L", data, entry + 38, 0o120777 << 16)
    assert code_of(bytes(data), "a.ofd") == "unsafe_name"


def test_an_ofd_of_too_many_files_or_without_its_root_is_refused() -> None:
    many = make_ofd(*((f"Doc_0/{number}", b"") for number in range(ENTRIES_MAX)))
    assert code_of(many, "a.ofd") == "too_many_entries"
    assert code_of(make_ofd(root="<Other/>"), "a.ofd") == "broken_document"
    assert code_of(make_zip(("Doc_0/OFD.xml", b"<OFD/>")), "a.ofd") == "broken_document"


def test_markup_inside_an_ofd_is_held_to_the_same() -> None:
    doctype = b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"
    assert code_of(make_ofd(("Doc_0/Content.xml", doctype)), "a.ofd") == "doctype"
    assert code_of(make_ofd(("Doc_0/Content.XML", b"<a>")), "a.ofd") == "broken_document"


def test_a_comment_or_tag_without_end_inside_an_ofd_is_refused() -> None:
    dice = random.Random(1)  # noqa: S311 - a test's own, seeded
    noise = dice.randbytes(TOKEN_BYTES_MAX).hex().encode()
    whole = noise[: TOKEN_BYTES_MAX - 1_000]
    for before, after in ((b"<a><!--", b"--></a>"), (b"<a b='", b"'/>")):
        taken = make_ofd(("Doc_0/Content.xml", before + whole + after))
        assert inspect(taken, "a.ofd") == "application/ofd"
        endless = make_ofd(("Doc_0/Content.xml", before + noise + after))
        assert code_of(endless, "a.ofd") == "too_many_entries"
    text = make_ofd(("Doc_0/Content.xml", b"<a>" + noise + b"</a>" + b" " * TOKEN_BYTES_MAX))
    assert inspect(text, "a.ofd") == "application/ofd"


# --- XML ---


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        "\ufeff<?xml version='1.0'?><a/>",
        "\n<a/>",
        INVOICE_XML,
        "<a xmlns='urn:x'><b c='d'>&lt;&#20117;</b><!-- x --></a>",
    ],
)
def test_plain_markup_is_taken(text: str) -> None:
    assert inspect(text.encode(), "a.xml") == "application/xml"


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030", "utf-16"])
def test_markup_in_chinese_encodings_is_taken(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><发票><购方>云栖智能</购方></发票>"
    assert inspect(text.encode(encoding), "a.xml") == "application/xml"
    broken = text.replace("</购方>", "</销方>").encode(encoding)
    assert code_of(broken, "a.xml") == "broken_document"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<!DOCTYPE a><a/>", "doctype"),
        ("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'http://x/y'><a/>", "doctype"),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "doctype"),
        ("<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>", "doctype"),
        ("<a>&x;</a>", "broken_document"),
        ("<a><b></a>", "broken_document"),
        ("<a/><b/>", "broken_document"),
        ("<a", "broken_document"),
        ("<?xml version='1.0' encoding='no-such'?><a/>", "broken_document"),
        ("<a>" * (DEPTH_MAX + 1) + "</a>" * (DEPTH_MAX + 1), "too_many_entries"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "active_document"),
        ("<svg/>", "active_document"),
        ("<a><b:script xmlns:b='http://www.w3.org/1999/xhtml'>1</b:script></a>", "active_document"),
        ("<?xml-stylesheet href='x.xsl' type='text/xsl'?><a/>", "active_document"),
    ],
)
def test_markup_that_could_harm_is_refused(text: str, code: str) -> None:
    assert code_of(text.encode(), "a.xml") == code


def test_a_doctype_is_found_in_any_encoding() -> None:
    text = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a><a/>"
    assert code_of(text.encode("utf-16"), "a.xml") == "doctype"
    chinese = "<?xml version='1.0' encoding='gbk'?><!DOCTYPE 发票><发票/>"
    assert code_of(chinese.encode("gbk"), "a.xml") == "doctype"


def test_millions_of_elements_are_refused() -> None:
    assert code_of(b"<a>" + b"<b/>" * 500_000 + b"</a>", "a.xml") == "too_many_entries"


# --- images ---


def png_of(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """Return a PNG whose header promises a size that nothing in it has."""
    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), *more, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def test_a_header_that_promises_too_many_pixels_is_refused_unseen() -> None:
    assert inspect(png_of(10_000, PIXELS_MAX // 10_000), "a.png") == "image/png"
    for size in ((10_000, PIXELS_MAX // 10_000 + 1), (2**31 - 1, 2**31 - 1), (0, 1), (1, 0)):
        assert code_of(png_of(*size), "a.png") == "image_too_large"
    jpeg = bytearray(JPEG)
    frame = JPEG.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, frame + 5, 65_535, 65_535)
    assert code_of(bytes(jpeg), "a.jpg") == "image_too_large"


def test_an_image_in_countless_parts_is_refused() -> None:
    # The header, the image and the end are parts themselves.
    few, many = ((b"tEXt", b""),) * (PARTS_MAX - 3), ((b"tEXt", b""),) * (PARTS_MAX - 2)
    assert inspect(png_of(9, 9, *few), "a.png") == "image/png"
    assert code_of(png_of(9, 9, *many), "a.png") == "too_many_entries"
    segments = b"\xff\xe1\x00\x02" * PARTS_MAX
    assert code_of(JPEG[:2] + segments + JPEG[2:], "a.jpg") == "too_many_entries"


def test_a_png_with_a_wrong_check_sum_or_no_image_is_refused() -> None:
    assert code_of(PNG[:40] + bytes([PNG[40] ^ 1]) + PNG[41:], "a.png") == "broken_document"
    whole = png_of(9, 9)
    body = whole.index(b"IDAT")
    empty = whole[: body - 4] + whole[whole.index(b"IEND") - 4 :]
    assert code_of(empty, "a.png") == "broken_document"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}])
def test_any_jpeg_that_a_camera_writes_is_taken(options: dict[str, bool]) -> None:
    file = BytesIO()
    Image.effect_noise((300, 200), 90).convert("RGB").save(file, "JPEG", **options)
    assert inspect(file.getvalue(), "a.JPG") == "image/jpeg"
    telephone = file.getvalue() + file.getvalue()
    assert inspect(telephone, "a.jpeg") == "image/jpeg"


# --- unpacking ---


@given(st.binary(max_size=5_000), st.integers(1, 300), st.integers(0, 9))
def test_inflating_gives_what_was_deflated_and_no_byte_more(
    content: bytes, times: int, level: int
) -> None:
    whole = content * times
    packer = zlib.compressobj(level, zlib.DEFLATED, RAW)
    packed = packer.compress(whole) + packer.flush()
    assert b"".join(inflate(memoryview(packed), RAW, len(whole), "x")) == whole
    assert b"".join(inflate(memoryview(packed + b"more"), RAW, len(whole), "x")) == whole
    for size_max, cut, code in (
        (len(whole) - 1, 0, "archive_bomb"),
        (len(whole), 1, "broken_document"),
    ):
        if size_max < 0:
            continue
        with pytest.raises(InvalidInputError) as caught:
            list(inflate(memoryview(packed)[: len(packed) - cut], RAW, size_max, "x"))
        assert caught.value.code == code
