"""An identity provider by OpenID Connect: the one file that knows joserfc and httpx.

The authorization code flow of OpenID Connect Core 1.0, section 3.1, with PKCE (RFC 7636) and the
issuer in the answer (RFC 9207), as RFC 9700 has clients do it. What a provider says is believed
once its own key has signed it, for this portal and this one sign-in; its answers are bounded in
size and time, and it is found anew every ten minutes, or when it signs by a key that is not known.
"""

import logging
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote_plus, urlencode

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from ledger.config import Settings
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.text import Text
from portal.accounts.provider_settings import ProviderSettings, is_secure, read_provider

ALGORITHMS: Final = ("RS256", "ES256")
"""Signatures by a key that the portal cannot have: `none` is no signature, HMAC is not its own."""

# Two clocks that are set by the network differ by less.
LEEWAY_S: Final = 60
TIMEOUT_S: Final = 5
# However slowly it drips.
WITHIN_S: Final = 10
BODY_MAX: Final = 256 * 1024
# A key that was taken away counts no longer than this.
FRESH_S: Final = 600
# Whoever sends tokens of unknown keys makes us ask no more often than this.
KEYS_EVERY_S: Final = 60
# While a provider is away, nobody else waits for it.
AWAY_S: Final = 5
# OpenID Connect Core 1.0, section 2.
SUBJECT_LENGTH_MAX: Final = 255

_log: Final = logging.getLogger("suanquan.portal")

Read = TypeVar("Read")


class Ticket(NamedTuple):
    """What one sign-in is bound to: its `state`, its `nonce`, and the verifier of PKCE."""

    state: str
    nonce: str
    verifier: str


class Answer(NamedTuple):
    """What a browser brought back from the provider."""

    state: str = ""
    code: str = ""
    issuer: str | None = None
    error: str | None = None


class Identity(NamedTuple):
    """Whom the provider has seen; `is_vouched`: with a second factor, as the settings believe."""

    issuer: str
    subject: str
    is_vouched: bool


class _Description(msgspec.Struct):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Token(msgspec.Struct):
    """What we need of a token endpoint's answer."""

    id_token: str


class Provider:
    """The provider of some settings, and what is known of it."""

    def __init__(
        self, settings: ProviderSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._described: tuple[float, _Description] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._away_until = clock()

    def address(self, ticket: Ticket, *, anew: bool) -> str:
        """Return where a browser is sent; `anew`: whoever comes is to show who he is once more.

        Raises `InvalidInputError` (`provider_away`).
        """
        endpoint = self._describe().authorization_endpoint
        challenge = urlsafe_b64encode(sha256(ticket.verifier.encode()).digest()).rstrip(b"=")
        said = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.return_to,
            "scope": "openid",
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if anew else {}),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(said)}"

    def identify(self, answer: Answer, ticket: Ticket, now_ms: int) -> Identity:
        """Return whom an answer is about; that its `state` is ours was looked at before.

        Raises `InvalidInputError` (`provider_away`), `RuleViolationError`: `provider_refused`,
        `bad_identity`.
        """
        description = self._describe()
        is_named = answer.issuer is not None
        if description.authorization_response_iss_parameter_supported and not is_named:
            raise self._bad("answer-without-issuer")
        if is_named and answer.issuer != self.settings.issuer:
            raise self._bad("answer-of-another-issuer")
        if answer.error or not answer.code:
            raise self._refused(answer.error or "no-code")
        token = self._exchange(description, answer.code, ticket.verifier)
        claims = self._judge(token, ticket.nonce, now_ms)
        methods = claims.get("amr")
        said = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
        is_vouched = any(one in self.settings.second_factor for one in said if type(one) is str)
        return Identity(self.settings.issuer, claims["sub"], is_vouched)

    # --- what it says of itself ---

    def _describe(self) -> _Description:
        """Return what the provider says of itself, once it is what the settings name."""
        if self._described is None or self._clock() - self._described[0] > FRESH_S:
            address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = self._read("GET", address, _Description)
            if found.issuer != self.settings.issuer:
                raise self._away("calls-itself-another-issuer")
            if not all(
                map(is_secure, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))
            ):
                raise self._away("address-without-https")
            self._described = self._clock(), found
        return self._described[1]

    def _known_keys(self, fresh_s: float) -> KeySet:
        """Return the provider's keys as they were at most so long ago."""
        if self._keys is None or self._clock() - self._keys[0] > fresh_s:
            found = self._read("GET", self._describe().jwks_uri, dict[str, Any])
            self._keys = self._clock(), KeySet.import_key_set({"keys": found["keys"]})
        return self._keys[1]

    # --- what it says of somebody ---

    def _exchange(self, description: _Description, code: str, verifier: str) -> str:
        """Return the ID token that the provider gives for a code (RFC 6749, section 4.1.3)."""
        client, secret = self.settings.client_id, self.settings.client_secret
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.return_to,
            "code_verifier": verifier,
        }
        headers = {}
        if secret and "client_secret_basic" in description.token_endpoint_auth_methods_supported:
            # RFC 6749, section 2.3.1: both are encoded first.
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        elif secret:
            said |= {"client_id": client, "client_secret": secret}
        else:
            said["client_id"] = client
        found = self._read("POST", description.token_endpoint, _Token, headers=headers, data=said)
        return found.id_token

    def _judge(self, token: str, nonce: str, now_ms: int) -> dict[str, Any]:
        """Return what an ID token says (OpenID Connect Core 1.0, section 3.1.3.7)."""
        client = self.settings.client_id
        wanted = jwt.JWTClaimsRegistry(
            now=now_ms // 1000,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": client},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decode(token)
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise self._bad(repr(error)) from error
        if claims.get("azp", client) != client:
            raise self._bad("token-for-another-party")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
            raise self._bad("token-for-several")
        if not 0 < len(claims["sub"]) <= SUBJECT_LENGTH_MAX or not claims["sub"].isprintable():
            raise self._bad("bad-subject")
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that one of the provider's keys signed."""
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(token, self._known_keys(FRESH_S), registry=registry).claims
        except InvalidKeyIdError:
            return jwt.decode(token, self._known_keys(KEYS_EVERY_S), registry=registry).claims

    # --- asking ---

    def _read(self, method: str, address: str, type_: type[Read], **said: Any) -> Read:  # noqa: ANN401 - what httpx takes
        """Return what the provider answers as a type; it leads nowhere else."""
        status, body = self._ask(method, address, **said)
        if method == "POST" and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._refused(f"status-{status}")
        if status != HTTPStatus.OK:
            raise self._away(f"status-{status}")
        try:
            return msgspec.json.decode(body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._away("unreadable") from error

    def _ask(self, method: str, address: str, **said: Any) -> tuple[int, bytes]:  # noqa: ANN401 - what httpx takes
        """Return the status and the body of an answer; nobody waits for one who is away."""
        until = self._clock() + WITHIN_S
        if self._clock() < self._away_until:
            raise self._away("still-away")
        plain = {"accept": "application/json", "accept-encoding": "identity"}
        said["headers"] = {**plain, **said.get("headers", {})}
        body = b""
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S) as client,
                client.stream(method, address, **said) as answer,
            ):
                for part in answer.iter_raw():
                    body += part
                    if len(body) > BODY_MAX or self._clock() > until:
                        raise self._away("endless-answer")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._away_until = self._clock() + AWAY_S
            raise self._away(repr(error)) from error
        return answer.status_code, body

    # --- refusals, with what is told to people and what to the log ---

    def _away(self, why: str) -> InvalidInputError:
        """Return the refusal while the provider cannot be asked."""
        _log.error("the identity provider is away: %r", why[:200])
        label = self.settings.label
        return InvalidInputError(
            "provider_away",
            Text(f"暂时连不上{label.zh}", f"{label.en} cannot be reached right now"),
            Text("请稍后再试，或用密码登录", "try again in a minute, or sign in by your password"),
        )

    def _refused(self, why: str) -> RuleViolationError:
        """Return the refusal of what the provider itself refused."""
        _log.error("the identity provider refused: %r", why[:200])
        label = self.settings.label
        return RuleViolationError(
            "provider_refused",
            Text(f"{label.zh}没有完成认证", f"{label.en} did not complete the sign-in"),
            Text("请重新登录；仍不行请联系管理员", "try again; tell an administrator if it stays"),
        )

    def _bad(self, why: str) -> RuleViolationError:
        """Return the refusal of what does not prove who somebody is."""
        _log.error("what the identity provider said was refused: %r", why[:200])
        label = self.settings.label
        return RuleViolationError(
            "bad_identity",
            Text(
                f"{label.zh}的答复未通过核验，未作任何改动",
                f"the answer of {label.en} does not verify; nothing was changed",
            ),
            Text("请重新登录；仍不行请联系管理员", "try again; tell an administrator if it stays"),
        )


@lru_cache(maxsize=8)
def provider_of(settings: Settings) -> Provider:
    """Return the provider of the settings, one for a process.

    Raises `InvalidInputError`: `unknown_provider` where there is none, else as `read_provider`.
    """
    found = read_provider(settings)
    if found is None:
        raise InvalidInputError(
            "unknown_provider",
            Text("未启用统一身份认证", "no identity provider is set up"),
            Text("请用密码登录", "sign in by your password"),
        )
    return Provider(found)
