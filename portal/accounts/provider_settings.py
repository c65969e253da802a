"""The identity provider that the settings name, if any: checked before anybody is sent there."""

import ipaddress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.secret import read_secret
from ledger.text import Text

RETURN_PATH: Final = "/sign-in/return"
"""Where the provider sends people back to, below the portal's own address."""

_LABEL: Final = Text("统一身份认证", "single sign-on")


class ProviderSettings(NamedTuple):
    """Who vouches for people, and what the portal is to it.

    `second_factor` are the values of `acr` and `amr` that are believed to mean one.
    """

    issuer: str
    client_id: str
    client_secret: str
    label: Text
    second_factor: frozenset[str]
    return_to: str

    def __repr__(self) -> str:
        """Name the place and nothing else: a traceback or a log may hold it."""
        return f"ProviderSettings({self.issuer})"


def label_of(settings: Settings) -> Text | None:
    """Return what people know the provider by, None where there is none."""
    if not settings.oidc_issuer:
        return None
    zh, en = settings.oidc_label_zh, settings.oidc_label_en
    return Text(zh or en or _LABEL.zh, en or zh or _LABEL.en)


def read_provider(settings: Settings) -> ProviderSettings | None:
    """Return the provider of the settings, None where they name no issuer.

    Raises `InvalidInputError` (`bad_setting`), and as `read_secret` does.
    """
    label = label_of(settings)
    if label is None:
        return None
    if not is_secure(settings.oidc_issuer):
        raise _bad_setting(
            "SUANQUAN_OIDC_ISSUER",
            settings.oidc_issuer[:200],
            Text("请写 https 网址，不带参数", "write an https address without a query"),
        )
    if not settings.oidc_client_id:
        raise _bad_setting(
            "SUANQUAN_OIDC_CLIENT_ID",
            "",
            Text("请填写在认证平台登记的应用编号", "name the client that the provider knows"),
        )
    if not is_secure(settings.public_url):
        raise _bad_setting(
            "SUANQUAN_PUBLIC_URL",
            settings.public_url,
            Text(
                "统一身份认证须知道门户的 https 网址，请设置",
                "the provider sends people back there: set the portal's https address",
            ),
        )
    return ProviderSettings(
        settings.oidc_issuer,
        settings.oidc_client_id,
        _read_client_secret(settings.oidc_client_secret_file),
        label,
        frozenset(settings.oidc_second_factor.split()),
        settings.public_url + RETURN_PATH,
    )


def _read_client_secret(path: str) -> str:
    """Return the portal's own secret, empty for a client that has none."""
    if not path:
        return ""
    try:
        found = read_secret(Path(path)).decode().strip()
    except UnicodeDecodeError:
        found = ""
    if not found:
        step = Text("文件应只有一行密钥", "the file holds the secret, one line of text")
        raise _bad_setting("SUANQUAN_OIDC_CLIENT_SECRET_FILE", path, step)
    return found


def is_secure(address: str) -> bool:
    """Return whether nobody on the way reads what is sent to an address: TLS, or this machine."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not (is_plain and parts.hostname) or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bad_setting(name: str, value: str, next_step: Text) -> InvalidInputError:
    """Return the refusal of what a setting was given."""
    return InvalidInputError(
        "bad_setting", Text(f"{name} 不能为 {value!r}", f"{name} cannot be {value!r}"), next_step
    )
