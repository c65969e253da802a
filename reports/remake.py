"""Issued statements made again, in any format, from the logs as they saw them."""

import hashlib
from collections.abc import Iterator, Sequence

from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import IssuedData
from ledger.history import History
from ledger.text import Language, Text
from reports.fonts import Fonts
from reports.formats import Format, render
from reports.issue import Issued, at_their_sizes, make_again, renderer_of
from reports.reading import read_near
from reports.statement import Statement


def remake(
    source: Connection | History, issued: Sequence[Issued]
) -> Iterator[tuple[Issued, Statement]]:
    """Yield statements with what they say, folded from the logs' bytes at the sizes they saw.

    They come in the order of those sizes. Words are those of today; raises `TamperedLogError`
    (`statement_differs`) where a figure or finding is not what was issued.
    """
    for snapshot, one in at_their_sizes(source, issued):
        content = make_again(snapshot, one)
        if not _agrees(content, one.data):
            raise _differs(one)
        yield one, content


def remake_one(connection: Connection, issued: Issued) -> Statement:
    """Return what one statement says, as `remake` does.

    A statement of an enterprise is made of its usage as it is today; where that is not what was
    issued, for more was recorded since, the logs are folded to the sizes that it saw.
    """
    if issued.subject:
        near = read_near(connection, issued.data.sizes, issued.subject)
        content = make_again(near, issued)
        if _agrees(content, issued.data):
            return content
    ((_, content),) = remake(connection, [issued])
    return content


def render_again(
    issued: Issued, content: Statement, form: Format, fonts: Fonts, language: Language = "zh"
) -> bytes:
    """Return an issued statement in a format, a PDF as it was issued before any seal.

    Raises what `render` does, and `InvalidInputError` (`other_renderer`) for a PDF that this
    version of the program prints otherwise.
    """
    made = render(content, form, fonts, language)
    if form == "pdf" and hashlib.sha256(made).hexdigest() != issued.data.pdf_sha256:
        raise _other_renderer(issued, content)
    return made


def _agrees(content: Statement, data: IssuedData) -> bool:
    """Return whether a statement states what was issued; early ones said nothing of claims."""
    claims = data.claims_sha256 in {None, content.claims_sha256}
    return claims and content.values_sha256 == data.values_sha256


def _differs(issued: Issued) -> TamperedLogError:
    number = issued.data.statement
    return TamperedLogError(
        "statement_differs",
        Text(
            f"{number} 重算的内容与签发时不同", f"{number}, made again, says otherwise than issued"
        ),
        Text(
            "请运行 suanquan replay --statements 查明差异",
            "suanquan replay --statements says what differs",
        ),
    )


def _other_renderer(issued: Issued, content: Statement) -> InvalidInputError:
    number, then, now = issued.data.statement, issued.data.renderer, renderer_of(content)
    return InvalidInputError(
        "other_renderer",
        Text(
            f"{number} 以 {then} 排版签发，本程序为 {now}，排出的 PDF 字节不同",
            f"{number} was printed by {then}; this program is {now} and its PDF differs",
        ),
        Text(
            "PDF 请取签发时保存的文件或备份；其他格式可照常导出",
            "take the file that was kept, or a backup; other formats can be exported",
        ),
    )
