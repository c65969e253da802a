"""The event of an access: a person was shown, or took with him, what belongs to an enterprise."""

from typing import ClassVar, Final, Literal

from ledger.errors import InvalidInputError
from ledger.events.data import Data, LogKind
from ledger.events.people import check_person
from ledger.period import parse_instant
from ledger.text import Text

Access = Literal["read", "downloaded"]
"""What was done: something was shown, or a file was handed over."""

Way = Literal["page", "program"]
"""Whether somebody looked at a page, or a program asked with his token."""

# An address within the portal: its longest route, with the longest names that a part may have.
PLACE_LENGTH_MAX: Final = 500


class AccessRecorded(Data, frozen=True):
    """What a person was shown; its subject is the enterprise, empty where it was of several.

    `place` is the address within the portal, without a query.
    """

    type: ClassVar[str] = "cn.suanquan.access.recorded.v1"
    log: ClassVar[LogKind] = "access"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    at: str
    person: str
    access: Access
    place: str
    way: Way = "page"

    def __post_init__(self) -> None:
        """Check the instant, the person and the form of the address."""
        parse_instant(self.at)
        check_person(self.person)
        if not self.place.startswith("/") or len(self.place) > PLACE_LENGTH_MAX:
            raise InvalidInputError(
                "bad_place",
                Text(f"不是站内地址：{self.place[:80]!r}", f"no address here: {self.place[:80]!r}"),
                Text("地址以 / 开头", f"it begins with / and has {PLACE_LENGTH_MAX} characters"),
            )
