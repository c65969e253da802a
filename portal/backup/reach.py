"""Whether a backup leads to everything that was signed, by its own checkpoints and the home's."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ledger import tlog
from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.keyring import Keyring
from ledger.note import VerifierKey, open_note, parse_note
from ledger.read import root_at
from ledger.signing import Signer
from ledger.text import Text
from portal.shell import Shell


def require_reach(
    shell: Shell, directory: Path, source: Connection, heads: Mapping[LogName, Head]
) -> dict[LogName, str]:
    """Return the newest signed note of each log, once the backup is shown to reach them all.

    Both the backup's and the home's must lie on the backup's history. Raises `TamperedLogError`
    (`rolled_back`, `forked`, `signature_missing`, `signature_invalid`).
    """
    home, newest = shell.settings.home, dict[LogName, str]()
    held = home / "checkpoints"
    for path in sorted(held.iterdir()) if held.is_dir() else []:
        if path.name not in heads and (last := _parse(path.read_text("utf-8"))).size:
            raise _beyond("rolled_back", shell, directory, f"{path.name} —", last)
    for head in heads.values():
        _require_cosigned(shell, directory, source, head)
        largest, signers = -1, tuple[VerifierKey, ...]()
        for place in (directory, home):
            path = place / "checkpoints" / head.name
            if not path.exists():
                continue
            note = path.read_text("utf-8")
            opened = open_note(note, _known_keys(home, directory, head))
            last = tlog.parse_checkpoint(opened.text)
            _require_led_to(shell, directory, source, head, last)
            if last.size > largest:
                largest, newest[head.name] = last.size, note
                signers = opened.signers
        if largest >= 0:
            _require_current(home, directory, head, signers)
    return newest


def _require_cosigned(shell: Shell, directory: Path, source: Connection, head: Head) -> None:
    """Raise unless a backup's log leads to every checkpoint that a witness cosigned."""
    home = shell.settings.home
    for place in (directory, home):
        if (place / "cosigned" / head.name).is_dir():
            keys = _known_keys(home, directory, head)
            for last, _ in Signer(place).cosigned(head, keys):
                _require_led_to(shell, directory, source, head, last)


def _require_led_to(
    shell: Shell, directory: Path, source: Connection, head: Head, last: tlog.Checkpoint
) -> None:
    """Raise unless a backup's log leads to a checkpoint that was signed."""
    now = f"{head.origin} {head.size} {head.root.hex()}"
    if last.origin != head.origin or last.size > head.size:
        raise _beyond("rolled_back", shell, directory, now, last)
    if root_at(source, head, last.size) != last.root:
        raise _beyond("forked", shell, directory, now, last)


def _parse(note: str) -> tlog.Checkpoint:
    """Return what a note says, its signature not verified."""
    return tlog.parse_checkpoint(parse_note(note).text)


def is_held(home: Path, name: str) -> bool:
    """Return whether a file is a list of public keys of which the home has the private ones."""
    path = home / name
    return name.startswith("keys/") and path.suffix == ".vkey" and path.with_suffix(".key").exists()


def _known_keys(home: Path, directory: Path, head: Head) -> list[VerifierKey]:
    """Return a log's public keys: the home's own, or those that the backup brings."""
    for place in (home, directory):
        ring = Keyring(place, head)
        if current := ring.current():
            return [*current, *ring.retired()]
    raise InvalidInputError(
        "no_key",
        Text(f"缺少日志 {head.name} 的公钥", f"there is no public key of {head.name}"),
        Text(f"请把密钥放回 {home / 'keys'}", f"put the keys back into {home / 'keys'} first"),
    )


def _beyond(
    code: str, shell: Shell, directory: Path, now: str, last: tlog.Checkpoint
) -> TamperedLogError:
    """Return the error that shows where the backup stands and what was signed."""
    then = f"{last.origin} {last.size} {last.root.hex()}"
    held = shell.settings.home / "checkpoints"
    return TamperedLogError(
        code,
        Text(
            f"备份 {directory} 未包含已签名的全部条目。备份：{now}；已签名：{then}",
            f"{directory} does not lead to what was signed. backup: {now}; signed: {then}",
        ),
        Text(
            f"未恢复任何内容；请用更新的备份。若没有，请把 {held} 移走留作证据后再恢复，"
            "并重新导入此后的文件与主题",
            f"nothing was restored; use a newer backup. If there is none, move {held} away, keep"
            " it as evidence, restore, and read the files and topics since then again",
        ),
    )


def _require_current(
    home: Path, directory: Path, head: Head, signers: Sequence[VerifierKey]
) -> None:
    """Raise unless a key that signs now signed the newest checkpoint, on which the next follows."""
    current = Keyring(home, head).current() or Keyring(directory, head).current()
    if not set(current) & set(signers):
        raise TamperedLogError(
            "retired_key",
            Text(
                f"日志 {head.name} 最新的检查点只有已停用密钥的签名：备份 {directory} 早于密钥轮换",
                f"the newest checkpoint of {head.name} is signed by a retired key alone:"
                f" {directory} is older than the change of keys",
            ),
            Text(
                "未恢复任何内容；请用轮换之后的备份。若没有，请改用当时的密钥副本恢复",
                "nothing was restored; use a backup made after it. If there is none, restore with"
                " the copy of the keys as they were then",
            ),
        )
