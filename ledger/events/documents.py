"""Events of documents: a paper was filed for an enterprise, named by the digest of its bytes.

The file itself lies in the store (`ledger.documents`). Its name on somebody's disk is not here: a
file name is free text that often holds a person's name, and a leaf stays for ever.
"""

from typing import ClassVar, Final, Literal

from ledger.errors import InvalidInputError
from ledger.events.data import Data, check_digests, check_ids, check_words
from ledger.events.people import check_person
from ledger.period import parse_instant
from ledger.text import Text

MediaType = Literal[
    "application/ofd", "application/pdf", "application/xml", "image/jpeg", "image/png"
]
"""What a document may be; `ledger.media` tells them apart by their content."""

# What no limit of a store will ever reach; it only keeps a size a size.
SIZE_BYTES_MAX: Final = 2**40


class DocumentFiled(Data, frozen=True):
    """A document was filed for an enterprise: what it is, and the paper or project it belongs to.

    `kind` is a word such as `contract`, `invoice` or `result_report`, as programmes ask for it.
    `ref` is a contract's, invoice's, project's or claim's own number.
    """

    type: ClassVar[str] = "cn.suanquan.document.filed.v1"
    outside: ClassVar[bool] = False

    at: str
    sha256: str
    media_type: MediaType
    size_bytes: int
    kind: str
    recorded_by: str
    ref: str | None = None

    def __post_init__(self) -> None:
        """Check digest, size, words, the account's name and the instant."""
        check_digests(sha256=self.sha256)
        check_ids(kind=self.kind)
        check_words(ref=self.ref)
        check_person(self.recorded_by)
        parse_instant(self.at)
        if not 0 < self.size_bytes <= SIZE_BYTES_MAX:
            raise InvalidInputError(
                "bad_size",
                Text(
                    f"文件大小 {self.size_bytes} 字节不可用",
                    f"a document cannot have {self.size_bytes} bytes",
                ),
                Text("请重新登记该文件", "file the document again"),
            )
