"""Events of the rules: which programmes a ledger has adopted, version by version."""

import hashlib
from typing import ClassVar, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import Data, check_dates, check_digests
from ledger.period import parse_instant
from ledger.text import Text


class AdoptedVersion(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """One version of a programme: its document and the SHA-256 of its values.

    `values`, where they are given, are the very text that the hash is of: canonical JSON, in which
    the version numbers of the functions that the version calls stand too. Once they are in the book
    a later adoption of the same hash need not repeat them.
    """

    id: str
    document: str
    hash: str
    values: str | None = None

    def __post_init__(self) -> None:
        """Check the hash, against the values where they are given."""
        check_digests(hash=self.hash)
        if self.values is None:
            return
        found = hashlib.sha256(self.values.encode("utf-8", "surrogatepass")).hexdigest()
        if found != self.hash:
            raise InvalidInputError(
                "bad_digest",
                Text(
                    f"版本 {self.id} 的取值摘要为 {found}，所记为 {self.hash}",
                    f"the values of version {self.id} hash to {found}, not to {self.hash}",
                ),
                Text("请由 suanquan programme adopt 生成", "let suanquan programme adopt make it"),
            )


class ProgrammeAdopted(Data, frozen=True):
    """A programme applies from now on as it is here, in place of its last adoption.

    `decided_by` is the body that decided, on `adopted_on`; the paper is known by its digest.
    `recorded_by` is the account that entered it `at` an instant, empty for the console.
    """

    type: ClassVar[str] = "cn.suanquan.programme.adopted.v1"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    programme: str
    level: Literal["province", "city", "district"]
    name: str
    name_en: str
    versions: tuple[AdoptedVersion, ...]
    adopted_on: str
    at: str
    decided_by: str = ""
    evidence_sha256: str | None = None
    recorded_by: str = ""

    def __post_init__(self) -> None:
        """Check the dates, the paper's digest, and that each version stands once."""
        check_dates(adopted_on=self.adopted_on)
        parse_instant(self.at)
        check_digests(evidence_sha256=self.evidence_sha256)
        ids = [version.id for version in self.versions]
        if not ids or len(set(ids)) != len(ids):
            shown = ", ".join(ids) or "–"
            raise InvalidInputError(
                "bad_versions",
                Text(f"{self.programme} 的版本缺失或重复：{shown}", f"not distinct: {shown}"),
                Text("每个版本应列一次", "each version stands once, and there is at least one"),
            )
