"""OFD, the fixed-layout document of GB/T 33190: a ZIP archive with `OFD.xml` at its root."""

from typing import Final

from ledger.media.archive import WHAT, read_members, unpack
from ledger.media.markup import Markup
from ledger.media.refusal import broken

ROOT_FILE: Final = "OFD.xml"
ROOT_ELEMENT: Final = "OFD"


def check_ofd(data: bytes) -> None:
    """Raise `InvalidInputError` unless some bytes are a whole OFD within our limits.

    Every entry is unpacked once, a block at a time; each that is XML is held to `Markup`.
    """
    members = read_members(data)
    if not any(one.name == ROOT_FILE for one in members):
        raise broken(WHAT, f"缺少 {ROOT_FILE}", f"it has no {ROOT_FILE}")
    for member in members:
        is_xml = member.name.lower().endswith(".xml")
        markup = Markup(f"{WHAT}/{member.name}") if is_xml else None
        for block in unpack(data, member):
            if markup is not None:
                markup.feed(block)
        if markup is not None:
            markup.close()
            if member.name == ROOT_FILE and markup.root != ROOT_ELEMENT:
                raise broken(
                    WHAT,
                    f"{ROOT_FILE} 的根元素是 {markup.root[:40]!r}",
                    f"the root of {ROOT_FILE} is {markup.root[:40]!r}",
                )
