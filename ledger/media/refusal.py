"""Why a document is not taken: a code, what was found in it, and how to make it one that is."""

from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

SAVE_AGAIN: Final = Text(
    "请从原系统重新导出，或打印为 PDF 后再提交",
    "export it again from where it comes, or print it to a PDF, and file that",
)


def refusal(code: str, zh: str, en: str, following: Text = SAVE_AGAIN) -> InvalidInputError:
    """Return the refusal of a document; whoever knows its name puts that in front."""
    return InvalidInputError(code, Text(zh, en), following)


def broken(what: str, zh: str, en: str) -> InvalidInputError:
    """Return the refusal of a document that is cut short or is not what its kind has to be."""
    return refusal(
        "broken_document", f"{what} 文件不完整或已损坏：{zh}", f"the {what} is broken: {en}"
    )
