"""XML read for its form alone: no document type, no entities, nothing that runs when it is opened.

A document type declaration is all it takes for entities that multiply or fetch, and no e-invoice
has one. Markup of web pages and style sheets run in whatever opens the file, so they are refused
wherever they stand. Sources: XML 1.0, GB/T 33190 (OFD).
"""

import codecs
import re
from typing import Final
from xml.parsers import expat

from ledger.errors import InvalidInputError
from ledger.media.refusal import broken, refusal

WHAT: Final = "XML"

# A page of an OFD nests some ten deep; an invoice of a thousand lines has some 20,000 elements.
DEPTH_MAX: Final = 100
ELEMENTS_MAX: Final = 500_000

# expat looks at a tag or comment that is cut short anew with each block that follows, which takes
# minutes for one of 100 MB; nobody writes a longer one than this.
TOKEN_BYTES_MAX: Final = 1 << 20

# expat reads Unicode and Latin; tax software of the last decade also writes GBK.
_DECLARED: Final = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CHINESE: Final = frozenset({b"gb2312", b"gbk", b"gb18030"})

_RUNNING: Final = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")


def check_xml(data: bytes) -> None:
    """Raise `InvalidInputError` unless some bytes are one well-formed, harmless XML document.

    Codes: `broken_document`, `doctype`, `active_document`, `too_many_entries`.
    """
    markup = Markup(WHAT)
    markup.feed(data)
    markup.close()


class Markup:
    """The parser of one document that comes block by block; `root` is its outermost element."""

    def __init__(self, what: str) -> None:
        self.root = ""
        self._what = what
        self._depth = self._elements = self._fed = 0
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_begun = False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.ProcessingInstructionHandler = self._instruct
        self._parser = parser

    def feed(self, block: bytes) -> None:
        """Read on; the first block holds the declaration."""
        if not self._is_begun:
            self._is_begun = True
            declared = _DECLARED.match(block)
            if declared and declared[1].lower() in _CHINESE:
                self._decoder = codecs.getincrementaldecoder("gb18030")()
        self._parse(block, is_last=False)

    def close(self) -> None:
        """Read to the end; nothing may be missing."""
        self._parse(b"", is_last=True)

    def _parse(self, block: bytes, *, is_last: bool) -> None:
        """Hand a block to the parser, in the encoding that it understands."""
        try:
            text = block if self._decoder is None else self._decoder.decode(block, is_last)
            if text:
                self._require_progress()
            self._parser.Parse(text, is_last)
            # The parser counts what it reads in UTF-8.
            self._fed += len(text if isinstance(text, bytes) else text.encode())
        except (expat.ExpatError, UnicodeError, LookupError) as error:
            raise broken(
                self._what, f"不是合法的 XML（{error}）", f"not valid XML ({error})"
            ) from None

    def _require_progress(self) -> None:
        """Raise where what the parser still waits for the end of is too long already."""
        begun = max(self._parser.CurrentByteIndex, 0)
        if self._fed - begun > TOKEN_BYTES_MAX:
            raise refusal(
                "too_many_entries",
                f"{self._what} 的一个标签或注释超过 {TOKEN_BYTES_MAX:,} 字节",
                f"a tag or comment of the {self._what} has more than {TOKEN_BYTES_MAX:,} bytes",
            )

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        """Take in an element's beginning."""
        namespace, _, local = name.rpartition(" ")
        self.root = self.root or local
        self._depth += 1
        self._elements += 1 + len(attributes)
        if self._depth > DEPTH_MAX or self._elements > ELEMENTS_MAX:
            raise refusal(
                "too_many_entries",
                f"{self._what} 的元素过多或嵌套过深",
                f"the {self._what} has too many elements, or nests them too deeply",
            )
        if namespace in _RUNNING or (not namespace and local.lower() in {"html", "svg", "script"}):
            raise active(self._what, f"网页内容 {local}", f"markup of a web page ({local})")

    def _end(self, _name: str) -> None:
        """Take in an element's end."""
        self._depth -= 1

    def _instruct(self, target: str, _data: str) -> None:
        """Refuse what tells a browser to run a style sheet."""
        if target.lower() == "xml-stylesheet":
            raise active(self._what, "样式表指令", "a style sheet")

    def _refuse_doctype(self, name: str, *_: object) -> None:
        """Refuse a document type, and with it every entity."""
        raise refusal(
            "doctype",
            f"{self._what} 含有 DOCTYPE 声明 {name[:40]!r}，可能借实体膨胀或外联",
            f"the {self._what} has a DOCTYPE ({name[:40]!r}), by which entities multiply or fetch",
        )


def active(what: str, zh: str, en: str) -> InvalidInputError:
    """Return the refusal of a document that does something when it is opened."""
    return refusal(
        "active_document",
        f"{what} 文件含有打开即可运行的内容：{zh}",
        f"the {what} holds what runs when it is opened: {en}",
    )
