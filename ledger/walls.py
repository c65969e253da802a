"""The walls below the program: tables, triggers and rights, as the migrations built them.

A trigger that is gone, or a right that somebody was given, changes no entry by itself; it is the
open door. `walls.json` holds what a database of each kind must have, written by a test from a
database that was just migrated.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from ledger.finding import Finding
from ledger.text import Text

EXPECTED: Final = Path(__file__).with_name("walls.json")

# Alembic's own table is not ours to describe; SQLite's automatic indexes have no text.
_SQLITE: Final = """
SELECT type || ' ' || name, sql FROM sqlite_master
WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'
"""

_POSTGRESQL: Final = (
    """
SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass, tgenabled::text || ' ' ||
  pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
  AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
""",
    """
SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
""",
    """
SELECT 'table ' || relname, string_agg(
  attname || ' ' || format_type(atttypid, atttypmod) ||
    CASE WHEN attnotnull THEN ' not null' ELSE '' END,
  ', ' ORDER BY attnum)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
  AND relname <> 'alembic_version'
GROUP BY relname
""",
    """
SELECT 'constraint ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
  AND conrelid <> 'alembic_version'::regclass
""",
    """
SELECT 'right of ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
  || ' on ' || place, string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM (
  SELECT relname::text AS place, relowner, (aclexplode(relacl)).* FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
  UNION ALL
  SELECT relname || '.' || attname, relowner, (aclexplode(attacl)).* FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
) AS rights
WHERE grantee <> relowner AND place <> 'alembic_version'
GROUP BY grantee, place
""",
)


def read_walls(connection: Connection) -> dict[str, str]:
    """Return each table, trigger, function and right of a database by its name."""
    queries = (_SQLITE,) if connection.dialect.name == "sqlite" else _POSTGRESQL
    found: dict[str, str] = {}
    for query in queries:
        for name, definition in connection.execute(text(query)):
            found[name] = " ".join(definition.split())
    return dict(sorted(found.items()))


def check_walls(connection: Connection) -> list[Finding]:
    """Return which walls are gone, changed, or were never ours."""
    expected, found = _expected(connection.dialect.name), read_walls(connection)
    findings: list[Finding] = []
    for name in sorted(expected.keys() | found.keys()):
        want, have = expected.get(name), found.get(name)
        if want == have:
            continue
        if have is None:
            what = Text(f"{name} 不见了", f"{name} is gone")
        elif want is None:
            what = Text(f"多出 {name}：{have}", f"{name} is not ours: {have}")
        else:
            what = Text(f"{name} 被改为 {have}", f"{name} was changed to {have}")
        findings.append(Finding(None, None, "database", "walls", what))
    return findings


@cache
def _expected(dialect: str) -> dict[str, str]:
    """Return the walls that a migrated database of a kind has."""
    walls: dict[str, dict[str, str]] = json.loads(EXPECTED.read_text("utf-8"))
    return walls[dialect]
