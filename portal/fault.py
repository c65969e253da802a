"""What went wrong as an error that says by whose fault it is and what to do, for every way in."""

import re
from typing import Final

from ledger.database import DatabaseError, DataError, OperationalError
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.read import CHECK_THE_LOG
from ledger.text import Text
from portal.shell import file_error

_OF_A_TERMINAL: Final = re.compile(r"suanquan |SUANQUAN_|(?<![\w-])--[a-z]|\.toml\b")


def is_for_terminal(words: str) -> bool:
    """Return whether words name a command, an option, a setting or a file of a terminal's."""
    return _OF_A_TERMINAL.search(words) is not None


def tell_fault(error: Exception) -> LedgerError:
    """Return an error as one that somebody can act on; what nobody foresaw is a bug of ours."""
    match error:
        case LedgerError():
            return error
        case OSError():
            return file_error(error)
        case OperationalError():
            return _database_error(error)
        case DataError():
            return _unfit()
        case DatabaseError():
            return _broken_database(error)
        case _:
            return _bug(error)


def _database_error(error: OperationalError) -> LedgerError:
    """Return what the database could not do, in its own words."""
    return InvalidInputError(
        "database",
        Text(f"数据库无法完成操作：{error.orig}", f"the database refused: {error.orig}"),
        Text("请检查 SUANQUAN_DATABASE_URL 与磁盘空间后重试", "check the database and try again"),
    )


def _unfit() -> LedgerError:
    """Return the error for words that the database cannot hold, of which it tells before it looks.

    PostgreSQL takes no character of code 0; nothing that is stored is at fault.
    """
    return InvalidInputError(
        "unfit_value",
        Text("内容中有不能使用的字符或过大的数", "a character or number in it cannot be used"),
        Text("请删去控制字符后重试", "leave control characters out and try again"),
    )


def _broken_database(error: DatabaseError) -> LedgerError:
    """Return the error for a database whose content is not what was written."""
    return TamperedLogError(
        "broken_database",
        Text(f"数据库内容已损坏：{error.orig}", f"the database is broken: {error.orig}"),
        CHECK_THE_LOG,
    )


def _bug(error: Exception) -> LedgerError:
    """Return the error for a mistake of ours."""
    return LedgerError(
        "bug",
        Text(f"程序内部错误：{error!r}", f"a bug of ours: {error!r}"),
        Text("请把以上信息发给维护者；账本未作部分写入", "report it; nothing was half written"),
    )
