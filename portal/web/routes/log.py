"""The logs as stock transparency-log tools fetch them: C2SP tlog-tiles under `/log/<name>`.

What anybody may fetch are checkpoints, keys and hashes, as `log export --public` writes them; the
entries are for auditors.
"""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from ledger import tlog
from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.export import read_bundle, read_hashes, render_vkeys
from ledger.head import Head
from ledger.read import read_heads
from portal.audit.witnessed import find_shown
from portal.shell import Shell
from portal.web.audience import ANYBODY, AUDITOR, unknown_page
from portal.web.routes.static import FOR_EVER
from portal.web.visit import Visitor

# A monitor that polls every minute misses nothing by it, and a crowd asks the database once.
BRIEFLY: Final = "public, max-age=10"

_TEXT: Final = "text/plain"
_BYTES: Final = "application/octet-stream"


@get("/log/{name:str}/checkpoint", who=ANYBODY, static=True, sync_to_thread=True)
def checkpoint(visit: Visitor, name: FromPath[str]) -> Response[str]:
    """Return the last signed checkpoint of a log that enough witnesses cosigned."""
    with visit.shell.reading() as connection:
        head = _head(connection, name)
    note = find_shown(visit.shell, head)
    if note is None:
        raise unknown_page()
    return Response(note, media_type=_TEXT, headers={"cache-control": BRIEFLY})


@get("/log/{name:str}/vkey", who=ANYBODY, static=True, sync_to_thread=True)
def vkey(visit: Visitor, name: FromPath[str]) -> Response[str]:
    """Return the public key of a log for tools that take one."""
    return _keys(visit.shell, name, 1)


@get("/log/{name:str}/vkeys", who=ANYBODY, static=True, sync_to_thread=True)
def vkeys(visit: Visitor, name: FromPath[str]) -> Response[str]:
    """Return every public key that signs or once signed a log, a line each."""
    return _keys(visit.shell, name, None)


def _keys(shell: Shell, name: str, count: int | None) -> Response[str]:
    """Return keys of a log that has signed: none is made because a stranger asks."""
    with shell.reading() as connection:
        head = _head(connection, name)
    if shell.signer.last_note(head) is None:
        raise unknown_page()
    keys = render_vkeys(shell.signer.known_keys(head)[:count])
    return Response(keys, media_type=_TEXT, headers={"cache-control": BRIEFLY})


@get("/log/{name:str}/tile/{place:path}", who=ANYBODY, static=True, sync_to_thread=True)
def tile(visit: Visitor, name: FromPath[str], place: FromPath[str]) -> Response[bytes]:
    """Return hashes of a log, which never change once they are there."""
    at = _place(f"tile{place}")
    with visit.shell.reading() as connection:
        head = _head(connection, name)
        found = read_hashes(connection, head.name, at, head.size)
    if found is None:
        raise unknown_page()
    return Response(found, media_type=_BYTES, headers={"cache-control": FOR_EVER})


@get("/log/{name:str}/tile/entries/{place:path}", who=AUDITOR, sync_to_thread=True)
def entries(visit: Visitor, name: FromPath[str], place: FromPath[str]) -> Response[bytes]:
    """Return entries of a log, to an auditor."""
    at = _place(f"tile/entries{place}", of_entries=True)
    with visit.shell.auditing() as connection:
        head = _head(connection, name)
        found = read_bundle(connection, head.name, at, head.size)
    if found is None:
        raise unknown_page()
    return Response(found, media_type=_BYTES)


def _place(path: str, *, of_entries: bool = False) -> tlog.Tile:
    """Return the tile that an address names; one that spells it another way is not there."""
    try:
        return tlog.parse_entries_path(path) if of_entries else tlog.parse_tile_path(path)
    except InvalidInputError as error:
        raise unknown_page() from error


def _head(connection: Connection, name: str) -> Head:
    """Return the head of a log."""
    heads = dict[str, Head](read_heads(connection))
    if name not in heads:
        raise unknown_page()
    return heads[name]


ROUTES: Final = [checkpoint, vkey, vkeys, tile, entries]
