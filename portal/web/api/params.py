"""Parameters that many routes have in common, each with what it means."""

from typing import Annotated, Final

from litestar.params import PathParameter, QueryParameter

from ledger.events.data import YEAR_MAX, YEAR_MIN

# A credit code has 18 characters (GB 32100); its check character is looked at by the core.
_CODE: Final = r"^[0-9A-Z]{18}$"
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MONTH: Final = r"^[0-9]{4}-[0-9]{2}$"
_WORD: Final = r"^[\w.\-]{1,100}$"

Enterprise = Annotated[
    str, PathParameter(pattern=_CODE, description="An enterprise's unified social credit code.")
]
OneEnterprise = Annotated[
    str | None, QueryParameter(pattern=_CODE, description="Only this enterprise's.")
]
OneCode = Annotated[
    str | None, QueryParameter(pattern=_CODE, description="Go on after this enterprise.")
]
Digest = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f]{64}$", description="The document's SHA-256.")
]
Number = Annotated[int, PathParameter(ge=1, le=10**9, description="Its number.")]
Named = Annotated[str, PathParameter(pattern=_WORD, description="Its id.")]
Programmes = Annotated[
    list[str] | None,
    QueryParameter(name="programme", description="Only these programmes; may be given again."),
]
OneProgramme = Annotated[
    str | None, QueryParameter(pattern=_WORD, description="Only this programme's.")
]
OneYear = Annotated[
    int | None, QueryParameter(ge=YEAR_MIN, le=YEAR_MAX, description="Only of this year.")
]
On = Annotated[
    str | None,
    QueryParameter(
        pattern=_DAY, description="The day that counts, for officials; today where none is named."
    ),
]
Month = Annotated[str, QueryParameter(pattern=_MONTH, description="A month, such as 2022-07.")]
OneMonth = Annotated[
    str | None, QueryParameter(pattern=_MONTH, description="Only this month, such as 2022-07.")
]
Seen = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=10**6,
        description="How many acts you saw: an act on a claim that has moved since is refused.",
    ),
]
SeenSome = Annotated[
    int | None,
    QueryParameter(ge=1, le=10**6, description="The same, where the claim was there before."),
]
By = Annotated[
    str,
    QueryParameter(
        pattern=r"^[a-z]+(,[a-z]+)*$",
        max_length=60,
        description="Some of enterprise, month, day, resource and contract, with commas.",
    ),
]
