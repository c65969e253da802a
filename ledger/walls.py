"""The walls below the program: tables, triggers and rights, as the migrations built them.

A trigger that is gone, or a right that somebody was given, changes no entry by itself; it is the
open door. `walls.json` holds what a database of each kind must have, written by a test from a
database that was just migrated.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, case, column, func, select, table

from ledger import tables
from ledger.finding import Finding
from ledger.text import Text

EXPECTED: Final = Path(__file__).with_name("walls.json")

# The unique indexes that SQLite makes by itself have no text, but may be gone all the same.
_SQLITE: Final = (
    """
SELECT type || ' ' || name, coalesce(sql, 'automatic on ' || tbl_name) FROM sqlite_master
""",
    """
SELECT 'revision', group_concat(version_num, ' ') FROM alembic_version
""",
)

# The relations that are ours or stand where ours do; a system catalog is named by nobody here.
_OURS: Final = "SELECT oid FROM pg_class WHERE relnamespace::regnamespace::text IN {schemas}"

_SCHEMAS: Final = "('public', 'suanquan_reading')"

_POSTGRESQL: Final = (
    """
SELECT 'revision', string_agg(version_num, ' ' ORDER BY version_num) FROM public.alembic_version
""",
    """
SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass, tgenabled::text || ' ' ||
  pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN ({ours})
""",
    """
SELECT 'foreign keys of ' || tgrelid::regclass,
  string_agg(DISTINCT tgenabled::text, ' ' ORDER BY tgenabled::text)
FROM pg_trigger WHERE tgisinternal AND tgrelid IN ({ours}) GROUP BY tgrelid
""",
    """
SELECT 'setting session_replication_role', current_setting('session_replication_role')
""",
    """
SELECT 'event trigger ' || evtname, evtevent FROM pg_event_trigger
""",
    """
SELECT 'rule ' || rulename || ' on ' || ev_class::regclass, pg_get_ruledef(oid)
FROM pg_rewrite WHERE rulename <> '_RETURN' AND ev_class IN ({ours})
""",
    """
SELECT 'policy ' || polname || ' on ' || polrelid::regclass,
  coalesce(pg_get_expr(polqual, polrelid), '')
FROM pg_policy WHERE polrelid IN ({ours})
""",
    """
SELECT 'function ' || proname || CASE WHEN pronargs > 0
    THEN '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')' ELSE '' END,
  concat_ws(' ', lanname, CASE WHEN prosecdef THEN 'security definer' END, proconfig::text, prosrc)
FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
WHERE pronamespace::regnamespace::text IN {schemas}
""",
    """
SELECT CASE relkind WHEN 'v' THEN 'view ' ELSE 'table ' END || pg_class.oid::regclass,
  concat_ws(' ', string_agg(
    concat_ws(' ', attname, format_type(atttypid, atttypmod),
      CASE WHEN attcollation <> typcollation THEN 'collate ' || attcollation::regcollation END,
      CASE WHEN attnotnull THEN 'not null' END, nullif(attidentity::text, ''),
      nullif(attgenerated::text, ''), 'default ' || pg_get_expr(adbin, adrelid)),
    ', ' ORDER BY attnum),
    CASE relpersistence WHEN 'u' THEN 'unlogged' END,
    CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'row security' END,
    CASE WHEN relkind = 'v' THEN reloptions::text || ' ' || pg_get_viewdef(pg_class.oid) END,
    CASE WHEN relkind NOT IN ('r', 'v') THEN 'of kind ' || relkind::text END,
    CASE WHEN relowner <> (SELECT relowner FROM pg_class
      WHERE oid = 'public.alembic_version'::regclass) THEN 'owned by ' || relowner::regrole END)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
  JOIN pg_type ON pg_type.oid = atttypid
  LEFT JOIN pg_attrdef ON adrelid = pg_class.oid AND adnum = attnum
WHERE pg_class.oid IN ({ours}) AND relkind IN ('r', 'p', 'f', 'v', 'm')
  AND attnum > 0 AND NOT attisdropped
GROUP BY pg_class.oid
""",
    """
SELECT 'checks of ' || pg_class.oid::regclass, relchecks::text
FROM pg_class WHERE relchecks > 0 AND pg_class.oid IN ({ours})
""",
    """
SELECT 'child of ' || inhparent::regclass, inhrelid::regclass::text
FROM pg_inherits WHERE inhparent IN ({ours})
""",
    """
SELECT 'sequence ' || seqrelid::regclass,
  format('%s from %s by %s in %s to %s', format_type(seqtypid, NULL), seqstart, seqincrement,
    seqmin, seqmax) || CASE WHEN seqcycle THEN ' cycling' ELSE '' END
FROM pg_sequence WHERE seqrelid IN ({ours})
""",
    """
SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) ||
  CASE WHEN indisvalid AND indisready AND indislive THEN '' ELSE ' not valid' END
FROM pg_index WHERE indrelid IN ({ours})
""",
    """
SELECT 'constraint ' || conname || CASE WHEN convalidated THEN '' ELSE ' unchecked' END,
  pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid IN ({ours}) AND contype <> 'n'
""",
    """
SELECT 'right of ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
  || ' on ' || place, string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM (
  SELECT oid::regclass::text AS place, relowner AS owner, (aclexplode(relacl)).*
  FROM pg_class WHERE oid IN ({ours}) AND relkind <> 'i'
  UNION ALL
  SELECT attrelid::regclass || '.' || attname, relowner, (aclexplode(attacl)).* FROM pg_attribute
  JOIN pg_class ON pg_class.oid = attrelid WHERE attrelid IN ({ours})
  UNION ALL
  SELECT 'schema ' || nspname, nspowner, (aclexplode(coalesce(nspacl, acldefault('n', nspowner)))).*
  FROM pg_namespace WHERE nspname IN {schemas}
  UNION ALL
  SELECT 'function ' || proname, proowner,
    (aclexplode(coalesce(proacl, acldefault('f', proowner)))).*
  FROM pg_proc WHERE pronamespace::regnamespace::text IN {schemas}
  UNION ALL
  SELECT 'what is made later', defaclrole, (aclexplode(defaclacl)).* FROM pg_default_acl
) AS rights
WHERE grantee <> owner
GROUP BY grantee, place
""",
    # Others may connect as well; what everybody may, and what our roles may, is ours to say.
    """
SELECT 'right of ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
  || ' on the database', string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM (
  SELECT (aclexplode(coalesce(datacl, acldefault('d', datdba)))).* FROM pg_database
  WHERE datname = current_database()
) AS rights
WHERE grantee = 0 OR grantee::regrole::text LIKE 'suanquan\\_%'
GROUP BY grantee
""",
    """
SELECT 'role ' || rolname, concat_ws(' ', CASE WHEN rolcanlogin THEN 'login' ELSE 'no login' END,
  CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreatedb THEN 'createdb' END,
  CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolreplication THEN 'replication' END,
  CASE WHEN rolbypassrls THEN 'bypassrls' END,
  (SELECT 'in ' || string_agg(roleid::regrole::text, ', ') FROM pg_auth_members
    WHERE member = pg_roles.oid))
FROM pg_roles WHERE rolname LIKE 'suanquan\\_%'
""",
)

# Columns that a sequence numbers; one that was set back would give a number twice.
_NUMBERED: Final = (tables.source.c.number, tables.rejection.c.id)


def read_walls(connection: Connection) -> dict[str, str]:
    """Return each table, trigger, function and right of a database by its name."""
    queries = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    found: dict[str, str] = {}
    for query in queries:
        told = query.format(ours=_OURS.format(schemas=_SCHEMAS), schemas=_SCHEMAS)
        for name, definition in connection.exec_driver_sql(told.replace("%", "%%")):
            wall = " ".join((definition or "").split())
            # Two of one name, which only a hand in the catalogue can make, are not one.
            found[name] = f"{found[name]} and {wall}" if name in found else wall
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
        findings.append(_finding(what))
    return findings + _check_sequences(connection)


def _finding(what: Text) -> Finding:
    """Return the finding that names a wall."""
    return Finding(None, None, "database", "walls", what)


def _check_sequences(connection: Connection) -> list[Finding]:
    """Return which sequences would give a number that is taken; SQLite has none."""
    if connection.dialect.name == "sqlite":
        return []
    findings = []
    for numbered in _NUMBERED:
        name = f"{numbered.table.name}_{numbered.name}_seq"
        stand = table(name, column("last_value"), column("is_called")).c
        step = case((stand.is_called, 1), else_=0)
        following: int = connection.execute(select(stand.last_value + step)).scalar_one()
        largest = connection.scalar(select(func.max(numbered)))
        if largest is not None and following <= largest:
            what = Text(
                f"sequence {name} 将给出 {following}，{numbered} 已到 {largest}",
                f"sequence {name} would give {following}, {numbered} has {largest}",
            )
            findings.append(_finding(what))
    return findings


@cache
def _expected(dialect: str) -> dict[str, str]:
    """Return the walls that a migrated database of a kind has."""
    walls: dict[str, dict[str, str]] = json.loads(EXPECTED.read_text("utf-8"))
    return walls[dialect]
