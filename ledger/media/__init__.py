"""What a document is, by its content and never by its name, and whether it may be filed.

Five kinds are taken: PDF, OFD and XML as tax offices and banks write them, PNG and JPEG as scanners
and telephones do. What a name claims must be what the content is. Everything here is a function of
the bytes: nothing is rendered, run or fetched.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ledger.events import MediaType
from ledger.media.image import JPEG_SIGNATURE, PNG_SIGNATURE, check_jpeg, check_png
from ledger.media.markup import check_xml
from ledger.media.ofd import ROOT_FILE, check_ofd
from ledger.media.pdf import check_pdf
from ledger.media.refusal import refusal
from ledger.text import Text

# A contract of a hundred pages scanned at 200 dots an inch; more is a scanner set wrong. A document
# of this size fits into memory while it is looked at.
DOCUMENT_BYTES_MAX: Final = 20_000_000

EXTENSIONS: Final[Mapping[str, MediaType]] = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "ofd": "application/ofd",
    "pdf": "application/pdf",
    "png": "image/png",
    "xml": "application/xml",
}
"""What the end of a file's name claims, without its dot and in lower case."""

NAMES: Final[Mapping[MediaType, str]] = {
    "application/ofd": "OFD",
    "application/pdf": "PDF",
    "application/xml": "XML",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
}

_CHECKS: Final[Mapping[MediaType, Callable[[bytes], None]]] = {
    "application/ofd": check_ofd,
    "application/pdf": check_pdf,
    "application/xml": check_xml,
    "image/jpeg": check_jpeg,
    "image/png": check_png,
}

_TAKEN: Final = Text(
    "可受理 PDF、OFD、XML（数电票）、PNG、JPEG；其他文件请打印为 PDF 后提交",
    "PDF, OFD, XML (e-invoices), PNG and JPEG are taken; print anything else to a PDF",
)

# What people hand in instead, by its first bytes.
_OTHERS: Final[tuple[tuple[bytes, Text], ...]] = (
    (b"\xd0\xcf\x11\xe0", Text("旧版 Office 文档", "an old Office document")),
    (b"Rar!\x1a\x07", Text("RAR 压缩包", "a RAR archive")),
    (b"7z\xbc\xaf\x27\x1c", Text("7-Zip 压缩包", "a 7-Zip archive")),
    (b"\x1f\x8b", Text("gzip 压缩文件", "gzip")),
    (b"PK", Text("ZIP 压缩包", "a ZIP archive")),
    (b"MZ", Text("Windows 程序", "a Windows program")),
    (b"\x7fELF", Text("Linux 程序", "a Linux program")),
    (b"#!", Text("脚本程序", "a script")),
    (b"GIF8", Text("GIF 图片", "a GIF image")),
    (b"BM", Text("BMP 图片", "a BMP image")),
    (b"II*\x00", Text("TIFF 图片", "a TIFF image")),
    (b"MM\x00*", Text("TIFF 图片", "a TIFF image")),
    (b"RIFF", Text("WebP 图片或音视频", "WebP, sound or film")),
)
_UNKNOWN: Final = Text("无法识别的数据", "nothing that we know")
_HEIF: Final = slice(4, 8), b"ftyp"
_HEAD_BYTES: Final = 512


def inspect(data: bytes, name: str) -> MediaType:
    """Return what a document is, once it is whole, harmless and what its name claims.

    A name without an ending claims nothing. Raises `InvalidInputError`: `empty_document`,
    `document_too_large`, `unknown_media`, `forged_document`, and the codes of each kind's check.
    """
    require_size(len(data))
    media, what = sniff(data)
    claimed = name.rpartition(".")[2].lower() if "." in name else ""
    if any(char.isalpha() for char in claimed) and EXTENSIONS.get(claimed, claimed) != media:
        raise refusal(
            "forged_document",
            f"扩展名为 .{claimed[:20]}，内容却是{what.zh}",
            f"it is named .{claimed[:20]}, but its content is {what.en}",
            _TAKEN,
        )
    if media is None:
        raise refusal("unknown_media", f"内容是{what.zh}", f"its content is {what.en}", _TAKEN)
    _CHECKS[media](data)
    return media


def require_size(size: int) -> None:
    """Raise unless a document has a size that is taken."""
    if size == 0:
        raise refusal("empty_document", "文件为空（0 字节）", "it is empty (0 bytes)")
    if size > DOCUMENT_BYTES_MAX:
        raise refusal(
            "document_too_large",
            f"文件超过 {DOCUMENT_BYTES_MAX:,} 字节",
            f"it has more than {DOCUMENT_BYTES_MAX:,} bytes",
            Text(
                "请以 200 dpi 重新扫描，或分成几个文件提交",
                "scan it again at 200 dots an inch, or file it in parts",
            ),
        )


def sniff(data: bytes) -> tuple[MediaType | None, Text]:
    """Return what some bytes are by their beginning, None for what we do not take, and its name."""
    media = _sniff_media(data)
    if media is not None:
        return media, Text(f" {NAMES[media]}", NAMES[media])
    return None, _name_other(data)


def _name_other(data: bytes) -> Text:
    """Return what some bytes are that we do not take."""
    what = next((what for head, what in _OTHERS if data.startswith(head)), _UNKNOWN)
    if data.startswith(b"PK") and b"[Content_Types].xml" in data:
        what = Text("Office 文档（docx、xlsx 等）", "an Office document (docx, xlsx)")
    elif data[_HEIF[0]] == _HEIF[1]:
        what = Text("HEIC 图片或视频", "a HEIC image or a film")
    elif _is_web_page(data):
        what = Text("网页（HTML）", "a web page (HTML)")
    elif what is _UNKNOWN and _is_text(data[:_HEAD_BYTES]):
        what = Text("纯文本", "plain text")
    return what


def _sniff_media(data: bytes) -> MediaType | None:
    """Return which of our kinds some bytes begin as."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(PNG_SIGNATURE):
        return "image/png"
    if data.startswith(JPEG_SIGNATURE):
        return "image/jpeg"
    if data.startswith(b"PK\x03\x04") and ROOT_FILE.encode() in data:
        return "application/ofd"
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    is_wide = head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<"))
    if is_wide or (head.startswith(b"<") and not _is_web_page(data)):
        return "application/xml"
    return None


def _is_web_page(data: bytes) -> bool:
    """Return whether some bytes begin as a web page."""
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith((b"<!doctype html", b"<html"))


def _is_text(head: bytes) -> bool:
    """Return whether the first bytes of something are text; the last letter may be cut through."""
    try:
        text = head.decode("utf-8", "ignore" if len(head) == _HEAD_BYTES else "strict")
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t" for char in text)
