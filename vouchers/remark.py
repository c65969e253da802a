"""What a review says of a programme file: how grave, where, what is wrong and what to do."""

from typing import Final, Literal, NamedTuple

from ledger.text import Text

Kind = Literal["error", "warning", "advice"]

KINDS: Final[dict[Kind, Text]] = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "advice": Text("建议", "advice"),
}

# In a name or a clause: somebody has yet to write it.
TO_FILL: Final = Text("待填写", "to be filled in")


class Remark(NamedTuple):
    """One remark: an error must be mended, a warning explained, advice may be left.

    `path` says where in `PROGRAMME` it is, such as `versions[0].rate`; empty for the whole file.
    """

    kind: Kind
    code: str
    path: str
    message: Text
    next_step: Text
    line: int | None = None


def error(code: str, path: str, message: Text, next_step: Text) -> Remark:
    """Return the remark that something must be mended."""
    return Remark("error", code, path, message, next_step)


def grade_remarks(remarks: list[Remark]) -> list[Remark]:
    """Return remarks with the gravest first, then by line; equal ones once."""
    order = list(KINDS)
    return sorted(
        dict.fromkeys(remarks), key=lambda one: (order.index(one.kind), one.line or 0, one.path)
    )
