"""Events of the logs' own keys: a new one is named while the old one signs, an old one retired."""

from typing import ClassVar

from ledger.errors import InvalidInputError
from ledger.events.data import Data
from ledger.note import parse_vkey
from ledger.text import Text


class LogKeyIntroduced(Data, frozen=True):
    """A key is to sign a log beside the one that does; C2SP verifier keys of the log's origin."""

    type: ClassVar[str] = "cn.suanquan.log.key.introduced.v1"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    vkey: str
    beside: str

    def __post_init__(self) -> None:
        """Check both keys."""
        _require_two_keys(self.vkey, self.beside)


class LogKeyRetired(Data, frozen=True):
    """A key signs its log no more; `successor` does, and must have been introduced before."""

    type: ClassVar[str] = "cn.suanquan.log.key.retired.v1"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    vkey: str
    successor: str

    def __post_init__(self) -> None:
        """Check both keys."""
        _require_two_keys(self.vkey, self.successor)


def _require_two_keys(first: str, second: str) -> None:
    """Raise unless two texts are different keys of one name."""
    keys = parse_vkey(first), parse_vkey(second)
    if keys[0].name != keys[1].name or keys[0] == keys[1]:
        raise InvalidInputError(
            "bad_keys",
            Text(
                f"不是同一日志的两把密钥：{first}、{second}",
                f"not two keys of one log: {first}, {second}",
            ),
            Text("请核对两个公钥", "check both public keys"),
        )
