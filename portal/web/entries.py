"""What stands in the fields of a form, read strictly: an error names the field that it is about."""

import re
from collections.abc import Mapping
from typing import IO, Any, Final

from litestar.datastructures import UploadFile

from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text
from portal.field_names import last_key

_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def parse_whole(text: str, name: Text) -> int:
    """Return a whole number as it is typed; raises `InvalidInputError` (`bad_number`)."""
    typed = text.strip()
    if not _WHOLE.fullmatch(typed):
        raise InvalidInputError(
            "bad_number",
            Text(
                f"{name.zh}不是整数：{typed[:20]}", f"{name.en} is not a whole number: {typed[:20]}"
            ),
            Text("请填写阿拉伯数字，如 2022", "write it in digits, such as 2022"),
        )
    return int(typed)


def field_of(error: LedgerError, fields: Mapping[str, str]) -> str:
    """Return the field that an error is about, empty where it is about the whole form.

    `fields` has it by the key that was wrong, else by the error's code.
    """
    return fields.get(last_key(error.place)) or fields.get(error.code, "")


def texts_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed in a form; what was sent twice, or as a file, is no such text."""
    return {name: value for name, value in data.items() if isinstance(value, str)}


def scans_of(data: Mapping[str, Any]) -> list[tuple[str, IO[bytes]]]:
    """Return the scan that came with a form, by the name that it had, if one did."""
    scan = data.get("scan")
    is_there = isinstance(scan, UploadFile) and scan.filename
    return [(scan.filename, scan.file)] if isinstance(scan, UploadFile) and is_there else []


def several(typed: list[str] | str) -> tuple[str, ...]:
    """Return the values of boxes that were ticked: a form sends none, one or many."""
    return tuple(typed) if isinstance(typed, list) else ((typed,) if typed else ())


def require_ticked(claims: tuple[str, ...]) -> None:
    """Raise `InvalidInputError` (`nothing_ticked`) for a form without a claim."""
    if not claims:
        raise InvalidInputError(
            "nothing_ticked",
            Text("没有勾选申请", "no claim is ticked"),
            Text("请至少勾选一项", "tick one at least"),
        )
