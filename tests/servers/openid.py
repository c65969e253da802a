"""An identity provider over HTTP: right in all it says, or wrong in one way that a test chooses.

It does what OpenID Connect Core 1.0 asks of one, and holds the portal to what it asks of a client:
a code serves once, for its client, its address and its verifier (RFC 7636, S256).
"""

import hmac
import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

from portal.accounts.provider import Answer
from tests.portal.listening import listening

CLIENT: Final = "suanquan portal"
SECRET: Final = "a secret: of + both %"  # noqa: S105 - a test's
LASTS_S: Final = 300

Asked = Request[Any, Any, Any]
Key = RSAKey | ECKey


class OpenId:
    """A provider, and what a test makes of it.

    `said` stands in the place of claims, None for one that is left out; `forge` makes the token
    instead of the provider's own signature. `described` and `brought` do the same for discovery
    and for what the browser brings back. `asked` counts requests, `shown` how its client proved
    who it is.
    """

    def __init__(self, now_s: Callable[[], int]) -> None:
        self.now_s = now_s
        self.issuer = ""
        self.subject = "0f6c-张三"
        self.key: Key = RSAKey.generate_key(2048, {"kid": "first"})
        self.published: list[Key] = [self.key]
        self.said: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.brought: dict[str, str | None] = {}
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.status = 0
        self.asked: Counter[str] = Counter()
        self.prompts: list[str | None] = []
        self.shown: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def rotate(self, key: Key) -> None:
        """Sign by another key from now on, and publish that one alone."""
        self.key, self.published = key, [key]

    # --- what it answers ---

    def describe(self) -> dict[str, Any]:
        """Return what the provider says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "authorization_response_iss_parameter_supported": True,
            **self.described,
        }

    def authorize(self, said: dict[str, str]) -> str:
        """Return where a browser goes back to, of somebody who has signed in here before."""
        assert said["response_type"] == "code", said
        assert said["client_id"] == CLIENT, said
        assert said["scope"].split() == ["openid"], said
        assert said["code_challenge_method"] == "S256", said
        code = secrets.token_urlsafe()
        self._codes[code] = said
        self.prompts.append(said.get("prompt"))
        back = {"code": code, "state": said["state"], "iss": self.issuer, **self.brought}
        known = {name: value for name, value in back.items() if value is not None}
        return f"{said['redirect_uri']}?{urlencode(known)}"

    def exchange(self, authorization: str, said: dict[str, str]) -> dict[str, Any] | None:
        """Return the tokens for a code, None where one is not for whoever asks."""
        if authorization:
            self.shown.append("client_secret_basic")
            told = b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            pair = [unquote_plus(one) for one in told]
        else:
            self.shown.append("client_secret_post")
            pair = [said.get("client_id", ""), said.get("client_secret", "")]
        if pair != [CLIENT, SECRET]:
            return None
        known = self._codes.pop(said.get("code", ""), None)
        digest = sha256(said.get("code_verifier", "").encode()).digest()
        if known is None or known["code_challenge"] != _encode(digest):
            return None
        if known["redirect_uri"] != said.get("redirect_uri"):
            return None
        token = self.token(known["nonce"])
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}

    def token(self, nonce: str) -> str:
        """Return an ID token."""
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": self.now_s(),
            "exp": self.now_s() + LASTS_S,
            "nonce": nonce,
            **self.said,
        }
        known = {name: value for name, value in claims.items() if value is not None}
        if self.forge is not None:
            return self.forge(known)
        return self.sign(known)

    def sign(self, claims: dict[str, Any]) -> str:
        """Return claims as the provider signs them."""
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, self.key)


def unsigned(claims: dict[str, Any]) -> str:
    """Return claims under the algorithm `none` (RFC 7518, section 3.6)."""
    parts = ({"alg": "none", "kid": "first"}, claims)
    return ".".join(_encode(json.dumps(one).encode()) for one in parts) + "."


def signed_by_public_key(key: Key, form: str) -> Callable[[dict[str, Any]], str]:
    """Return how claims are signed by HS256 with what everybody knows of a key."""
    public = key.as_pem(private=False) if form == "pem" else key.as_der(private=False)

    def forge(claims: dict[str, Any]) -> str:
        parts = ({"alg": "HS256", "kid": key.kid}, claims)
        said = ".".join(_encode(json.dumps(one).encode()) for one in parts)
        return f"{said}.{_encode(hmac.digest(public, said.encode(), sha256))}"

    return forge


def _encode(data: bytes) -> str:
    """Return bytes as a token has them (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def make_app(provider: OpenId) -> Litestar:
    """Return a provider as an application."""

    def count(asked: Asked) -> Response[Any] | None:
        provider.asked[asked.url.path.rsplit("/", 1)[-1]] += 1
        return Response("away", status_code=provider.status) if provider.status else None

    @get("/.well-known/openid-configuration", sync_to_thread=False)
    def describe() -> dict[str, Any]:
        return provider.describe()

    @get("/keys", sync_to_thread=False)
    def keys() -> Any:  # noqa: ANN401 - as the library writes it
        return KeySet(list(provider.published)).as_dict(private=False)

    @get("/authorize", sync_to_thread=False)
    def authorize(request: Asked) -> Redirect:
        return Redirect(provider.authorize(dict(request.query_params)), status_code=303)

    @post("/token", status_code=200)
    async def token(request: Asked) -> Response[Any]:
        said = {name: str(value) for name, value in (await request.form()).items()}
        found = provider.exchange(request.headers.get("authorization", ""), said)
        if found is None:
            return Response({"error": "invalid_grant"}, status_code=400)
        return Response(found)

    return Litestar(
        [describe, keys, authorize, token],
        before_request=count,
        openapi_config=None,
        logging_config=None,
    )


@contextmanager
def openid(now_s: Callable[[], int]) -> Iterator[OpenId]:
    """Yield a provider that answers meanwhile."""
    provider = OpenId(now_s)
    with listening(make_app(provider)) as address:
        provider.issuer = address
        yield provider


def follow(address: str) -> Answer:
    """Return what a browser brings back that was sent to an address of the provider."""
    back = httpx.get(address, trust_env=False)
    assert back.status_code == 303, back.text
    query = parse_qs(urlsplit(back.headers["location"]).query)
    said = {name: one for name, (one,) in query.items()}
    return Answer(said.get("state", ""), said.get("code", ""), said.get("iss"), said.get("error"))
