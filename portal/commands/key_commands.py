"""`suanquan log rotate-key`: a new key takes over a log from the old one, provably and in overlap.

Each step leaves a state that signs: the new key is drafted, named in the book while the old one
alone signs, then both sign; later the book says that the old one retires, and one rename ends it.
The command run again goes on where it was cut short.
"""

from typing import Any

import click

from ledger.codec import encode
from ledger.events import Data, LogKeyIntroduced, LogKeyRetired
from ledger.head import Head
from ledger.keyring import Keyring
from ledger.note import VerifierKey, open_note, render_vkey
from ledger.query import find_entry
from ledger.read import read_heads
from ledger.text import Text
from portal.commands.proof_commands import head_of
from portal.options import answers
from portal.shell import Result, Shell, now_ms

SOURCE = "urn:suanquan:keys"
"""The source of events about the logs' keys."""


@click.command(
    "rotate-key",
    epilog="""\b
Examples:
  suanquan log rotate-key usage
  suanquan log rotate-key usage --retire

\b
The first makes a new key and names it in the book; from then on both keys sign, and whoever holds
either public key can check. Publish the new one, give everybody time to fetch it, then run the
second: the new key alone signs, the old private key is destroyed, its public key is kept.""",
)
@click.argument("log", metavar="LOG")
@click.option("--retire", is_flag=True, help="End the overlap: the new key alone signs.")
@answers
def rotate_key(shell: Shell, log: str, *, retire: bool) -> Result:
    """Let a new key take over a log, or retire the old one; run again to finish what broke off."""
    with shell.auditing() as connection:
        head = head_of(connection, log)
    ring = shell.signer.keyring(head)
    event_id = (_retire if retire else _introduce)(shell, ring, head)
    signed = _sign(shell, log)
    with shell.auditing() as connection:
        place = find_entry(connection, SOURCE, event_id)
    assert place is not None, event_id
    data = {
        "log": log,
        "state": "retired" if retire else "overlap",
        "keys": key_rows(shell, head),
        "event": {"log": place[0], "index": place[1]},
        "logs": signed,
    }
    return Result(data, _shown(shell, data))


def _introduce(shell: Shell, ring: Keyring, head: Head) -> str:
    """Return the id of the event that names the new key, both keys signing from now on."""
    _sign(shell, head.name)
    coming = ring.draft_next()
    data = LogKeyIntroduced(vkey=render_vkey(coming), beside=render_vkey(ring.current()[0]))
    event_id = _record(shell, head, coming, "introduced", data)
    ring.begin_overlap()
    return event_id


def _retire(shell: Shell, ring: Keyring, head: Head) -> str:
    """Return the id of the event that retires the old key, the new one alone signing from now on.

    The last checkpoint must bear the new key's signature, or nothing would follow on it.
    """
    old, new = ring.outgoing(), ring.coming()
    assert new is not None, head.name
    if ring.path.exists():
        _sign(shell, head.name)
    note = shell.signer.last_note(head)
    if note is None or new not in open_note(note, shell.signer.known_keys(head)).signers:
        raise ring.missing()
    data = LogKeyRetired(vkey=render_vkey(old), successor=render_vkey(new))
    event_id = _record(shell, head, old, "retired", data)
    ring.retire()
    return event_id


def _record(shell: Shell, head: Head, key: VerifierKey, what: str, data: Data) -> str:
    """Return the id of an event about a key, recorded in the book unless it is there already."""
    event_id = f"{head.name}/{key.key_id.hex()}/{what}"
    event = encode(SOURCE, event_id, "", data, shell.salt(SOURCE, event_id))
    engine = shell.writer()
    try:
        shell.store(engine).append_own([event], now_ms())
    finally:
        engine.dispose()
    return event_id


def _sign(shell: Shell, log: str) -> list[dict[str, Any]]:
    """Return the heads of the book and a log, verified and signed now."""
    signed = []
    with shell.auditing() as connection:
        for head in read_heads(connection).values():
            if head.name in {"book", log}:
                shell.signer.checkpoint(connection, head)
                signed.append({"name": head.name, "size": head.size, "root": head.root.hex()})
    return signed


def key_rows(shell: Shell, head: Head) -> list[dict[str, str]]:
    """Return each public key that signs a log or once did; makes none."""
    ring = shell.signer.keyring(head)
    current = [{"vkey": render_vkey(key), "state": "signing"} for key in ring.current()]
    return [*current, *({"vkey": render_vkey(key), "state": "retired"} for key in ring.retired())]


def _shown(shell: Shell, data: dict[str, Any]) -> str:
    """Return what a person is told after a step of a rotation."""
    signing = [one["vkey"] for one in data["keys"] if one["state"] == "signing"]
    log, index = data["log"], data["event"]["index"]
    if data["state"] == "overlap":
        told = Text(
            f"新旧两把密钥自现在起同时为日志 {log} 签名；新密钥已载入账目日志第 {index} 条。\n"
            f"新公钥：{signing[-1]}\n请公布新公钥并备份 keys 目录；各方换用后再运行："
            f"\nsuanquan log rotate-key {log} --retire",
            f"both keys sign {log} from now on; entry {index} of the book names the new one.\n"
            f"new public key: {signing[-1]}\npublish it, and back up the keys; once everybody has"
            f" it, run:\nsuanquan log rotate-key {log} --retire",
        )
    else:
        told = Text(
            f"日志 {log} 自现在起只由新密钥签名，旧私钥已销毁，旧公钥留存备查；停用已载入账目日志第"
            f" {index} 条。\n公钥：{signing[0]}",
            f"the new key alone signs {log} from now on; the old private key is destroyed, its"
            f" public key kept; entry {index} of the book says so.\npublic key: {signing[0]}",
        )
    return shell.say(told)
