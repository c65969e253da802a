"""What the house rules say, as tables: packages, arrows, core and shell, limits, library homes.

`test_house` reads the source tree and holds it to them.
"""

import re
from collections.abc import Mapping
from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


PACKAGES: Final = ("ledger", "ingest", "vouchers", "reports", "portal", "migrations")

ARROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "ledger": ("ledger",),
    "ingest": ("ingest", "ledger"),
    "vouchers": ("vouchers", "ledger"),
    "reports": ("reports", "ledger", "vouchers"),
    "portal": PACKAGES,
    "migrations": ("migrations", "ledger.tables"),
}
"""What a package may import of ours; `tests` and `bench` may import everything, nobody them."""

CORE: Final = words(
    """
    ledger.__init__ ledger.balance ledger.by_day ledger.claim_state ledger.codec ledger.compact
    ledger.cosignature ledger.credit_codes ledger.errors
    ledger.events ledger.evidence ledger.facts ledger.finding ledger.gap ledger.head
    ledger.identifiers ledger.journal ledger.journal_text ledger.laws ledger.merkle ledger.money
    ledger.note ledger.partial ledger.period ledger.personal ledger.proof ledger.quantity
    ledger.media ledger.rights ledger.roster ledger.skim ledger.tally ledger.text ledger.tlog
    ledger.order_number ledger.public_url ledger.topics ledger.usage
    ingest.__init__ ingest.adapters ingest.cloudevents ingest.judge ingest.map_shape ingest.mapping
    ingest.quarantine ingest.simulate ingest.topic
    reports.__init__ reports.annex reports.application_form reports.billing reports.changes
    reports.claim_facts reports.claims reports.compute reports.due reports.fund_report
    reports.invoice_share reports.kinds reports.metered reports.notice_list reports.payment_list
    reports.reconciliation reports.review_form reports.snapshot reports.statement
    reports.subsidy reports.supplement reports.terms reports.usage_lines
    vouchers
    """
)
"""Values in, values out: no clock, no I/O, no float. One table; the nearest name decides."""

SHELL: Final = words(
    """
    ledger.accepted ledger.accounts ledger.kept_answers ledger.review_drafts ledger.sessions
    ledger.sign_on ledger.throttle
    ledger.backup ledger.batch ledger.bookkeeping ledger.bulk ledger.check ledger.cluster
    ledger.config ledger.crew ledger.database ledger.erasable ledger.export ledger.history
    ledger.documents ledger.payee
    ledger.identity ledger.keyring ledger.log_writer ledger.overlap ledger.projection
    ledger.provenance ledger.query ledger.read ledger.rebuild ledger.rejection ledger.replay
    ledger.resume ledger.schema ledger.secret ledger.shape ledger.signing ledger.spans ledger.store
    ledger.claim_list ledger.metadata ledger.operations
    ledger.order_list ledger.runs ledger.tables ledger.trail ledger.usage_blocks ledger.walls
    ingest.consumer ingest.file_worker ingest.incident ingest.lines
    ingest.overlap ingest.process ingest.producer ingest.reading ingest.record_batch ingest.refusal
    ingest.retry ingest.security ingest.settlement ingest.status ingest.streams ingest.watchdog
    ingest.worker reports.analysis reports.delivery reports.drawing reports.fonts reports.formats
    reports.frames reports.impact_chart reports.issue reports.month reports.month_chart
    reports.pdf reports.print_room reports.public_figures reports.reading reports.register
    reports.remake reports.schedule reports.seal reports.sheets reports.sketch reports.trace
    reports.verification
    migrations portal vouchers.commands vouchers.reading
    """
)
"""May touch the world."""

WORLD: Final = words(
    """
    alembic asyncio glob http importlib io kafka locale logging multiprocessing os pathlib pkgutil
    psycopg secrets shutil signal smtplib socket sqlalchemy sqlite3 subprocess sys tempfile
    threading time urllib
    """
)
"""Libraries that reach a clock, a file, a process or a network: none for the core."""

# The catalogue finds each programme by its file, so that nobody keeps a list of them.
CATALOGUE: Final = "vouchers.catalogue"
CORE_EXCEPTIONS: Final = {(CATALOGUE, "importlib.import_module"), (CATALOGUE, "pkgutil")}
"""Which core module may import what of the world all the same."""

WORLD_CALLS: Final = words(
    """
    builtins.__import__ builtins.eval builtins.exec builtins.float builtins.input builtins.open
    builtins.print
    """
)
"""Built-in functions that the core does not call."""

FILE_METHODS: Final = words("open read_bytes read_text write_bytes write_text")

CLOCKS: Final = words(
    """
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    uuid.uuid1 uuid.uuid4
    """
)
"""Names that answer differently each time that they are asked."""

HOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "PIL": ("reports.drawing",),
    "alembic": ("migrations", "ledger.schema"),
    "apscheduler": ("reports.schedule",),
    "argon2": ("portal.accounts.passwords",),
    "chinese_calendar": ("vouchers.calendar",),
    "click": ("portal",),
    "distributed": ("ledger.cluster",),
    "fontTools": ("reports.fonts",),
    "httpx": ("portal.accounts.provider",),
    "jinja2": ("portal",),
    "joserfc": ("portal.accounts.provider",),
    "kafka": ("ingest.consumer", "ingest.producer", "ingest.record_batch"),
    "litestar": ("portal.web",),
    "multipart": ("portal.web.sent",),
    "openpyxl": ("reports.sheets",),
    "pandas": ("reports.frames",),
    "psycopg": ("ledger",),
    "pyotp": ("portal.accounts.one_time_code",),
    "pyhanko": ("reports.seal",),
    "reportlab": ("reports.pdf", "reports.fonts"),
    "rich": ("portal",),
    "segno": ("portal.accounts.one_time_code", "reports.pdf.qr"),
    "smtplib": ("portal.schedule.mail_server",),
    "sqlalchemy": ("ledger", "migrations"),
    "sqlite3": ("ledger",),
    "uvicorn": ("portal.serving",),
    "xlsxwriter": ("reports.sheets",),
}
"""Where a library may be imported; tests and benchmarks are free."""

FUNCTION_LINES_MAX: Final = 60
MODULE_LINES_MAX: Final = 400
TEST_LINES_MAX: Final = 600

VAGUE_NAMES: Final = words("utils helpers common misc manager base")

# Written so that these lines do not match themselves.
REGISTRY_HOST: Final = re.compile(
    r"\b(?:pypi\.[a-z]|pythonhosted\.or[g]|maven\.or[g]|maven\.apache\.or[g]|npmjs\.or[g]|"
    r"(?:deb|security)\.debian\.or[g]|mirrors?\.[a-z0-9-]+\.[a-z]|crates\.i[o]\b|"
    r"registry\.(?:[a-z0-9-]+\.)+(?:cn|com|dev|io|net|org)\b)|"
    r"(?:://[^\s/]+|\.(?:cn|com|dev|io|net|org)(?::\d+)?)(?:/[\w.-]+)*/\+?simple\b",
    re.IGNORECASE,
)
MACHINE_PATH: Final = re.compile(r"(?<![\w.:}*~-])/(?:work|root|home|Users)/")
INDEX_OPTION: Final = re.compile(
    r"^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b|://", re.MULTILINE
)
SETTING_ROW: Final = re.compile(r"^\|\s*`(SUANQUAN_[A-Z0-9_]+)`\s*\|", re.MULTILINE)
