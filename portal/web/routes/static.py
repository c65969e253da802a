"""Scripts and style sheets, by the hash of their content: what changes has another address."""

from typing import Final

from litestar import MediaType, Response, get
from litestar.params import FromPath

from portal.web.audience import ANYBODY, unknown_page
from portal.web.figures import asset_bytes, asset_hash

# A year, the most that RFC 9111 caches honour.
FOR_EVER: Final = "public, max-age=31536000, immutable"

FILES: Final = {
    "htmx.min.js": "text/javascript",
    "portal.js": "text/javascript",
    "portal.css": "text/css",
    "icon.svg": "image/svg+xml",
}


@get("/static/{digest:str}/{name:str}", who=ANYBODY, static=True, sync_to_thread=False)
def asset(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Return a file of ours."""
    if name not in FILES or digest != asset_hash(name):
        raise unknown_page()
    headers = {"cache-control": FOR_EVER}
    return Response(asset_bytes(name), media_type=FILES[name], headers=headers)


@get("/favicon.ico", who=ANYBODY, static=True, sync_to_thread=False)
def icon() -> Response[bytes]:
    """Return the icon for browsers that ask for it at its old place."""
    headers = {"cache-control": "public, max-age=86400"}
    return Response(asset_bytes("icon.svg"), media_type=FILES["icon.svg"], headers=headers)


@get("/robots.txt", who=ANYBODY, static=True, media_type=MediaType.TEXT, sync_to_thread=False)
def robots() -> str:
    """Return what search engines may look at: notices and statistics, and no page of anybody's."""
    return "User-agent: *\nAllow: /$\nAllow: /notices\nAllow: /statistics\nDisallow: /\n"


ROUTES: Final = [asset, icon, robots]
