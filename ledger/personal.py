"""Personal data and the digests that stand for them in the log: commit and check.

A log cannot forget, so a leaf holds a digest and an erasable table the datum. The digest is

    SHA-256( "cn.suanquan.personal-datum.v1" LF enterprise LF kind LF ‖ salt ‖ value )

with `enterprise` the credit code and `kind` the event's (neither holds a line feed), `salt` 32
random bytes of this datum alone, and `value` its canonical JSON. The first line keeps the digest
apart from every other; enterprise and kind keep a datum from being moved to another leaf; and once
salt and value are gone nobody can guess the value from the digest, short as it may be.
"""

import hashlib
import re
from typing import ClassVar, Final, Literal, assert_never

import msgspec

from ledger.errors import InvalidInputError
from ledger.events import BankAccountSet, ClaimObjected, ContactRecorded
from ledger.text import Text

Kind = Literal["bank_account", "contact", "objector"]

SALT_BYTES: Final = 32
VALUE_BYTES_MAX: Final = 4_096

_DOMAIN: Final = b"cn.suanquan.personal-datum.v1\n"
_NUMBER: Final = re.compile(r"[0-9]{8,32}", re.ASCII)
_TEXT_LENGTH_MAX: Final = 200

EVENTS: Final[dict[Kind, type[BankAccountSet | ClaimObjected | ContactRecorded]]] = {
    "contact": ContactRecorded,
    "bank_account": BankAccountSet,
    "objector": ClaimObjected,
}
"""The event that names a datum of each kind."""


class _Datum(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What every datum has in common: short printable texts."""

    kind: ClassVar[Kind]

    def __repr__(self) -> str:
        """Name the kind and nothing else: a traceback or a log may hold it."""
        return f"{type(self).__name__}(…)"

    def __post_init__(self) -> None:
        """Check each text."""
        for field in self.__struct_fields__:
            value = getattr(self, field)
            usable = value is None or (value.isprintable() and 0 < len(value) <= _TEXT_LENGTH_MAX)
            if not usable:
                # The value itself is personal: it must not stand in a message, nor in a log.
                raise InvalidInputError(
                    "bad_datum",
                    Text(f"{field} 不可用", f"{field} cannot be used"),
                    Text(
                        f"应为 1 至 {_TEXT_LENGTH_MAX} 个可见字符",
                        f"give 1 to {_TEXT_LENGTH_MAX} printable characters",
                    ),
                    field,
                )


class Contact(_Datum, frozen=True):
    """A person to turn to at an enterprise."""

    kind: ClassVar[Kind] = "contact"

    name: str
    phone: str | None = None
    email: str | None = None
    address: str | None = None


class BankAccount(_Datum, frozen=True):
    """An account at a bank: whose, where, and its number."""

    kind: ClassVar[Kind] = "bank_account"

    holder: str
    bank: str
    number: str

    def __post_init__(self) -> None:
        """Check the number's form, then each text."""
        if _NUMBER.fullmatch(self.number) is None:
            raise InvalidInputError(
                "bad_datum",
                Text("银行账号格式不对", "number is not an account's number"),
                Text("应为 8 至 32 位数字，不含空格", "give 8 to 32 digits without spaces"),
                "number",
            )
        super().__post_init__()


class Objector(_Datum, frozen=True):
    """Who objects to a claim under public notice, in writing and by name, and where to reach him.

    The datum is kept with the enterprise that claims, whose file it is in.
    """

    kind: ClassVar[Kind] = "objector"

    name: str
    phone: str
    address: str
    unit: str | None = None


Datum = BankAccount | Contact | Objector

_encode: Final = msgspec.json.Encoder(order="sorted").encode


def parse_datum(kind: Kind, raw: bytes) -> Datum:
    """Return the datum of a kind that stands in JSON; no message repeats what it says.

    Raises `InvalidInputError` (`bad_datum`).
    """
    try:
        if len(raw) > VALUE_BYTES_MAX:
            raise msgspec.ValidationError
        return msgspec.json.decode(raw, type=_type_of(kind))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        fields = ", ".join(_type_of(kind).__struct_fields__)
        raise InvalidInputError(
            "bad_datum",
            Text(f"{kind} 不是所需的 JSON 对象", f"no JSON object for {kind}"),
            Text(
                f"字段为 {fields}，均为文字，共 {VALUE_BYTES_MAX} 字节以内",
                f"its fields are {fields}, all text, {VALUE_BYTES_MAX} bytes at most",
            ),
        ) from None


def _type_of(kind: Kind) -> type[BankAccount] | type[Contact] | type[Objector]:
    """Return the type of a datum."""
    match kind:
        case "bank_account":
            return BankAccount
        case "contact":
            return Contact
        case "objector":
            return Objector
        case _:
            assert_never(kind)


def encode_datum(datum: Datum) -> bytes:
    """Return the canonical JSON of a datum: members in order of their names, no spaces, UTF-8."""
    return _encode(datum)


def commit(enterprise: str, kind: str, salt: bytes, value: bytes) -> bytes:
    """Return the digest of 32 bytes that stands for a datum in a leaf."""
    assert len(salt) == SALT_BYTES, "a salt has 32 bytes"
    named = f"{enterprise}\n{kind}\n".encode()
    return hashlib.sha256(_DOMAIN + named + salt + value).digest()


def check(digest: bytes, enterprise: str, kind: str, salt: bytes, value: bytes) -> bool:
    """Return whether a digest stands for exactly this datum."""
    return len(salt) == SALT_BYTES and commit(enterprise, kind, salt, value) == digest
