"""Seals of this home: who seals by the settings, which roots are believed, what is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.finding import Finding
from ledger.text import Text
from portal.shell import Shell
from reports.issue import Issued
from reports.seal import Sealer

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def sealer_of(settings: Settings, now_ms: int) -> Sealer:
    """Return who seals by the settings.

    Raises `InvalidInputError`: `no_seal` where none is configured, else what is wrong with it.
    """
    from reports.seal.certificate import read_identity  # noqa: PLC0415 - as what follows
    from reports.seal.pades import PadesSealer, timestamper_at  # noqa: PLC0415 - pyHanko is slow

    if not (settings.seal_key and settings.seal_certificate):
        lacking = "SUANQUAN_SEAL_CERTIFICATE" if settings.seal_key else "SUANQUAN_SEAL_KEY"
        raise InvalidInputError(
            "no_seal",
            Text(f"未配置印章：{lacking} 为空", f"no seal is configured: {lacking} is empty"),
            Text(
                "请设 SUANQUAN_SEAL_KEY 与 SUANQUAN_SEAL_CERTIFICATE（PEM），见 docs/seals.md",
                "name PEM files by SUANQUAN_SEAL_KEY and SUANQUAN_SEAL_CERTIFICATE, see"
                " docs/seals.md",
            ),
        )
    identity = read_identity(Path(settings.seal_key), Path(settings.seal_certificate), now_ms)
    return PadesSealer(identity, timestamper_at(settings.seal_timestamp_url))


def seal_roots(settings: Settings) -> "list[Certificate]":
    """Return the root certificates that a seal must lead to, none where none are named."""
    from reports.seal.certificate import read_certificates  # noqa: PLC0415 - brings X.509

    return read_certificates(Path(settings.seal_roots)) if settings.seal_roots else []


def find_seal_faults(
    shell: Shell, issued: Sequence[Issued], *, must_be_kept: bool = True
) -> list[Finding]:
    """Return what is wrong with the sealed files of statements."""
    sealed = [one for one in issued if one.seal is not None]
    if not sealed:
        return []
    from reports.seal import kept  # noqa: PLC0415 - brings pyHanko, which is slow

    return list(kept.find_seal_faults(shell.settings.home, sealed, must_be_kept=must_be_kept))
