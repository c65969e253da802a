"""The address under which a centre's portal is reached: what its statements' codes lead to.

RFC 3986 with a scheme, a host in ASCII and at most a path: nothing that a person would have to
escape, and nothing that says who asks.
"""

import re
from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

# With the longest number of a statement it still stands in a code whose modules are as large as
# a telephone reads from paper: 57 across 22 mm.
PUBLIC_URL_LENGTH_MAX: Final = 100

_PUBLIC_URL: Final = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~-]+)*"
)


def check_public_url(text: str) -> None:
    """Raise `InvalidInputError` (`bad_public_url`) unless a text is such an address."""
    if len(text) > PUBLIC_URL_LENGTH_MAX or not _PUBLIC_URL.fullmatch(text):
        raise InvalidInputError(
            "bad_public_url",
            Text(
                f"门户网址不能为 {text[:200]!r}", f"the portal's address cannot be {text[:200]!r}"
            ),
            Text(
                f"请写如 https://suanquan.example.gov.cn 的网址：域名为小写英文，"
                f"不带参数，至多 {PUBLIC_URL_LENGTH_MAX} 个字符",
                f"write one such as https://suanquan.example.gov.cn: a host in lower case, without"
                f" a query, {PUBLIC_URL_LENGTH_MAX} characters at most",
            ),
        )


def verify_url(public_url: str, number: str) -> str:
    """Return the page on which anybody can verify a statement, by its number."""
    return f"{public_url}/verify/{number}"
