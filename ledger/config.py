"""Settings from the environment: read once, frozen, passed on. The README's table lists each."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from dotenv import dotenv_values

from ledger.errors import InvalidInputError
from ledger.money import parse_decimal
from ledger.period import parse_month
from ledger.public_url import check_public_url
from ledger.text import Text

# Each log is a table row that every read looks at; more writers than this share them.
USAGE_LOGS_MAX: Final = 64

# A thousandth; what is judged are a hundred records and more.
SHARE_DECIMALS_MAX: Final = 3
# A note holds 100 signatures at most, two of them may be ours.
WITNESSES_MAX: Final = 98

_AS_GIVEN: Final = ("kafka_", "oidc_", "seal_", "smtp_")

WHOLE_NUMBERS: Final = {
    # A month has 15 working days at least, whatever is on holiday.
    "settlement_working_day": (3, 1, 15),
    "settlement_hour": (9, 0, 23),
    "schedule_tick_seconds": (60, 1, 3_600),
    "schedule_lease_seconds": (900, 10, 86_400),
    "schedule_attempts": (8, 1, 50),
}
"""Settings that are whole numbers: what each is where it is not set, its least and its greatest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a ledger lives, what its logs are called, and how Kafka lets us in.

    `home` holds the SQLite file, keys, the last signed checkpoints and statements. `origin` is the
    first part of each log's origin and is fixed when the database is made. More than the share
    `bad_share_max` of bad records stops a partition. The `kafka_…`, `oidc_…`, `seal_…` and
    `smtp_…` fields are as they were given: `ingest.security`, `portal.accounts.provider_settings`,
    `portal.statements.seal_settings` and `portal.schedule.mail_server` check them before use.
    `settlement_…` say from which month on, and when, the schedule settles a month, and
    `schedule_…` how it works (`reports.due`). Statements lead to `public_url`. Secrets stay out of
    the representation.
    """

    home: Path
    database_url: str
    origin: str
    usage_logs: int = 1
    bad_share_max: Fraction = Fraction(1, 2)
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_ca_file: str = ""
    kafka_certificate_file: str = ""
    kafka_key_file: str = ""
    kafka_key_password: str = field(default="", repr=False)
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    kafka_user: str = ""
    kafka_password: str = field(default="", repr=False)
    kafka_password_file: str = ""
    witnesses_file: str = ""
    witnesses_required: int = 0
    settlement_since: str = ""
    settlement_working_day: int = WHOLE_NUMBERS["settlement_working_day"][0]
    settlement_hour: int = WHOLE_NUMBERS["settlement_hour"][0]
    schedule_tick_seconds: int = WHOLE_NUMBERS["schedule_tick_seconds"][0]
    schedule_lease_seconds: int = WHOLE_NUMBERS["schedule_lease_seconds"][0]
    schedule_attempts: int = WHOLE_NUMBERS["schedule_attempts"][0]
    seal_key: str = ""
    seal_certificate: str = ""
    seal_roots: str = ""
    seal_timestamp_url: str = ""
    smtp_host: str = ""
    smtp_port: str = "587"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_starttls: str = "yes"
    smtp_from: str = ""
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_label_zh: str = ""
    oidc_label_en: str = ""
    oidc_second_factor: str = ""

    @classmethod
    def of_home(cls, home: Path, database_url: str = "", origin: str = "") -> Self:
        """Return settings for a home, with the defaults that belong to it."""
        home = home.absolute()
        return cls(
            home=home,
            database_url=database_url or f"sqlite:///{quote(str(home / 'suanquan.db'))}",
            origin=origin or "suanquan.local",
        )

    @classmethod
    def load(cls) -> Self:
        """Return the settings of the environment; a `.env` here fills what it lacks.

        Raises `InvalidInputError` (`bad_setting`).
        """
        found = {**dotenv_values(Path(".env")), **os.environ}
        settings = cls.of_home(
            Path(found.get("SUANQUAN_HOME") or "var"),
            found.get("SUANQUAN_DATABASE_URL") or "",
            found.get("SUANQUAN_ORIGIN") or "",
        )
        return replace(
            settings,
            usage_logs=_parse_usage_logs(found.get("SUANQUAN_USAGE_LOGS") or "1"),
            bad_share_max=_parse_share(found.get("SUANQUAN_BAD_SHARE_MAX") or "0.5"),
            witnesses_file=found.get("SUANQUAN_WITNESSES_FILE") or "",
            witnesses_required=_parse_required(found.get("SUANQUAN_WITNESSES_REQUIRED") or "0"),
            settlement_since=_parse_since(found.get("SUANQUAN_SETTLEMENT_SINCE") or ""),
            public_url=_parse_public_url(found.get("SUANQUAN_PUBLIC_URL") or ""),
            **_whole_numbers(found),
            **_as_given(found),
        )


def _as_given(found: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the settings that are checked where they are used, by their fields' names."""
    names = [one.name for one in fields(Settings) if one.name.startswith(_AS_GIVEN)]
    return {name: value for name in names if (value := found.get(f"SUANQUAN_{name.upper()}"))}


def _whole_numbers(found: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the settings that are whole numbers, by their fields' names."""
    return {name: _parse_whole(found, name) for name in WHOLE_NUMBERS}


def _parse_whole(found: Mapping[str, str | None], name: str) -> int:
    """Return the setting of a field that is a whole number."""
    default, least, most = WHOLE_NUMBERS[name]
    setting = f"SUANQUAN_{name.upper()}"
    text = found.get(setting) or str(default)
    if text in map(str, range(least, most + 1)):
        return int(text)
    step = Text(f"请设为 {least} 到 {most} 的整数", f"set it to a whole number, {least} to {most}")
    raise _bad_setting(setting, text, step)


def _parse_since(text: str) -> str:
    """Return the first month that the schedule settles, empty for the ledger's first."""
    try:
        return parse_month(text) if text else ""
    except InvalidInputError as error:
        raise _bad_setting("SUANQUAN_SETTLEMENT_SINCE", text, error.next_step) from error


def _parse_public_url(text: str) -> str:
    """Return where the portal is reached, without a slash at its end; empty for nowhere."""
    address = text.rstrip("/")
    try:
        if address:
            check_public_url(address)
    except InvalidInputError as error:
        raise _bad_setting("SUANQUAN_PUBLIC_URL", text[:200], error.next_step) from error
    return address


def _parse_required(text: str) -> int:
    """Return how many witnesses a checkpoint needs."""
    if text not in map(str, range(WITNESSES_MAX + 1)):
        step = Text(
            "请设为所需见证人数，0 为不要求",
            "set it to how many witnesses a checkpoint needs, 0 for none",
        )
        raise _bad_setting("SUANQUAN_WITNESSES_REQUIRED", text, step)
    return int(text)


def _parse_usage_logs(text: str) -> int:
    """Return how many usage logs there are to be."""
    if text not in map(str, range(1, USAGE_LOGS_MAX + 1)):
        step = Text(
            f"请设为 1 到 {USAGE_LOGS_MAX}", f"set it to a number from 1 to {USAGE_LOGS_MAX}"
        )
        raise _bad_setting("SUANQUAN_USAGE_LOGS", text, step)
    return int(text)


def _parse_share(text: str) -> Fraction:
    """Return which share of a partition's newest records may be bad."""
    with suppress(InvalidInputError):
        share = parse_decimal(text, SHARE_DECIMALS_MAX)
        if share <= 1:
            return share
    step = Text("请设为 0 到 1 的小数，如 0.5", "set it to a decimal from 0 to 1, such as 0.5")
    raise _bad_setting("SUANQUAN_BAD_SHARE_MAX", text, step)


def _bad_setting(name: str, text: str, next_step: Text) -> InvalidInputError:
    """Return the refusal of what a setting was given."""
    return InvalidInputError(
        "bad_setting", Text(f"{name} 不能为 {text!r}", f"{name} cannot be {text!r}"), next_step
    )
