"""`suanquan simulate`: a seeded centre's events into a file, or its usage into a topic."""

import gc
import re
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from rich.console import Group
from rich.table import Table

from ingest.security import load_security
from ingest.simulate import Tally
from ingest.simulate import simulate as simulate_events
from ingest.simulate.account import Account
from ingest.simulate.load import Plan, Planned, plan_records
from ingest.simulate.pace import SECOND_NS, Pace
from ledger.errors import InvalidInputError
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell, Step

if TYPE_CHECKING:
    from ingest.producer import Producer

_SHARE = re.compile(r"0(\.[0-9]{1,9})?|1(\.0{1,9})?", re.ASCII)

# Thousands of records under way are looked at in each collection, and none of them is garbage.
_COLLECTED_AFTER: Final = 50_000

_SHARES: Final = ("late", "duplicated", "reordered", "malformed", "dropped")


class _Share(click.ParamType[Fraction]):
    """A share of all records such as 0.01."""

    name = "share"

    def convert(
        self, value: str | Fraction, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Return the share exactly."""
        del ctx
        if isinstance(value, Fraction):
            return value
        if not _SHARE.fullmatch(value):
            option = param.opts[0] if param else ""
            raise _bad_share(option, value, Text("0 到 1", "from 0 to 1"))
        return Fraction(value)


def _bad_share(option: str, value: object, limits: Text) -> InvalidInputError:
    """Return the refusal of a share."""
    return InvalidInputError(
        "bad_share",
        Text(f"{option} 不是可用的比例：{value}", f"{option} is not a usable share: {value}"),
        Text(f"应为 {limits.zh} 的小数，如 0.01", f"give a decimal {limits.en}, such as 0.01"),
    )


def _share_option(name: str, what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of a share."""
    return click.option(f"--{name}", type=_Share(), metavar="SHARE", help=what)


@click.command(
    epilog="""\b
Examples:
  suanquan simulate --enterprises 24 --days 365 --seed 1 --out year.ndjson
  suanquan simulate --enterprises 3 --days 31 --seed 7 --out - | head -3
  suanquan simulate --kafka 10.0.0.5:9092 --topic usage --partitions 4 --rate 500
  suanquan simulate --kafka 10.0.0.5:9092 --topic test --partitions 4 --records 100000 --json \\
    --late 0.01 --duplicated 0.02 --reordered 0.05 --malformed 0.01 --dropped 0.001 --tallies

\b
To a topic goes usage only, keyed by credit code. Shares are exact and seeded: the same arguments
give the same records in the same order, at any rate. Late, duplicated and reordered records change
no total. The answer says what a ledger must show that reads the topic from its beginning."""
)
@click.option("--enterprises", type=click.IntRange(1, 500), default=24, show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=365, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, allow_dash=True), help="A file to write; - is stdout."
)
@click.option("--kafka", metavar="H:P", help="Brokers to send to instead, separated by commas.")
@click.option("--topic", metavar="T", help="The topic.")
@click.option("--partitions", type=click.IntRange(1), help="Create the topic if it is not there.")
@click.option("--rate", type=click.IntRange(0), help="Records a second.  [default: all it can]")
@click.option("--records", type=click.IntRange(1), help="Stop after so many events.")
@_share_option("late", "Held back by hours of simulated time.")
@_share_option("duplicated", "Sent again later, byte for byte or in another form.")
@_share_option("reordered", "In another place within some hundred.")
@_share_option("malformed", "Wrong in one of many ways, on top.")
@_share_option("dropped", "Numbered and never sent: see suanquan ingest gaps.")
@click.option("--tallies", is_flag=True, help="Tally each day: see suanquan ingest tallies.")
@click.option("--mode", type=click.Choice(["structured", "binary", "mixed"]), help="CloudEvents.")
@answers
def simulate(
    shell: Shell,
    *,
    enterprises: int,
    days: int,
    seed: int,
    out: str | None,
    kafka: str | None,
    **options: Any,  # noqa: ANN401 - those that need --kafka
) -> Result:
    """Write a seeded centre's events to a file, or send its usage to Kafka.

    A file has one event a line; the same arguments give the same bytes.
    """
    given = {name: said for name, said in options.items() if said is not None and said is not False}
    _check_target(out, kafka, given)
    if kafka is not None:
        return _send(shell, kafka, _plan(enterprises, days, seed, given), given)
    assert out is not None
    data = write_simulation(shell, enterprises, days, seed, out)
    shown = Text(
        f"已写入 {data['events']:,} 个事件，{data['enterprises']} 家企业，"
        f"{data['card_seconds']} 卡·秒：{out}",
        f"wrote {data['events']:,} events of {data['enterprises']} enterprises,"
        f" {data['card_seconds']} card-seconds: {out}",
    )
    return Result(data, shell.say(shown))


def write_simulation(
    shell: Shell, enterprises: int, days: int, seed: int, out: str
) -> dict[str, Any]:
    """Return the counts of a simulation after writing its events to a file, one a line."""
    tally = Tally()
    with (
        click.open_file(out, "wb") as file,
        shell.progress(Text("模拟", "simulating")) as step,
    ):
        for event in simulate_events(enterprises, days, seed):
            file.write(event.raw + b"\n")
            tally.add(event)
            step(1)
    return {
        "events": tally.events,
        "enterprises": tally.enterprises,
        "card_seconds": tally.card_seconds,
    }


# --- to Kafka ---


def _check_target(out: str | None, kafka: str | None, given: dict[str, Any]) -> None:
    """Raise unless it is clear where the events go, and every option is about that."""
    wrong: Text | None = None
    if (out is None) == (kafka is None):
        wrong = Text("--out 与 --kafka 须且只须给出一个", "give one of --out and --kafka")
    elif kafka is None and given:
        names = " ".join(f"--{name}" for name in given)
        wrong = Text(f"{names} 须与 --kafka 同用", f"{names} only goes with --kafka")
    elif kafka is not None and "topic" not in given:
        wrong = Text("--kafka 需要 --topic", "--kafka needs --topic")
    if wrong is not None:
        see = Text("用法见 suanquan simulate --help", "see suanquan simulate --help")
        raise InvalidInputError("usage", wrong, see)


def _plan(enterprises: int, days: int, seed: int, given: dict[str, Any]) -> Plan:
    """Return what to send."""
    if given.get("dropped") == 1:
        raise _bad_share("--dropped", 1, Text("0 到 1（不含 1）", "from 0 to below 1"))
    chosen = {name: given[name] for name in (*_SHARES, "records", "mode") if name in given}
    tallies = "tallies" in given
    return Plan(enterprises=enterprises, days=days, seed=seed, tallies=tallies, **chosen)


class _Run(NamedTuple):
    """What a run has sent, to which partitions, in what time."""

    account: Account
    by_partition: dict[str, int]
    duration_ns: int
    stopped: bool


def _send(shell: Shell, bootstrap: str, plan: Plan, given: dict[str, Any]) -> Result:
    """Return what was sent to a topic."""
    from ingest.producer import Producer  # noqa: PLC0415 - Kafka would slow every command's start

    security = load_security(shell.settings)
    producer = Producer(bootstrap, given["topic"], given.get("partitions"), security=security)
    with (
        closing(producer),
        shell.progress(Text("发送", "sending"), plan.records) as step,
        _stopped_by_signals() as is_stopped,
        _rarely_collected(),
    ):
        run = _Sender(producer, plan, given.get("rate", 0), step).run(is_stopped)
    made = run.account.made
    if run.stopped:
        shell.warn(Text("已中止；以下为 Kafka 已确认的数量", "stopped; Kafka confirmed these"))
    elif plan.records is not None and made < plan.records:
        told = Text(
            f"模拟中只有 {made:,} 条用量；请增加 --enterprises 或 --days",
            f"the simulation holds {made:,} events; more --enterprises or --days give more",
        )
        shell.warn(told)
    data = _answer(run)
    return Result(data, _shown(shell, given["topic"], data))


class _Sender:
    """Sends a plan's records at a pace, and accounts for those that arrived."""

    def __init__(self, producer: "Producer", plan: Plan, rate: int, step: Step) -> None:
        self._producer = producer
        self._records = plan_records(plan)
        self._rate = rate
        self._step = step
        self._under_way: deque[Planned] = deque()
        self._account = Account()
        self._by_partition = Counter(dict.fromkeys(producer.partitions, 0))

    def run(self, is_stopped: Callable[[], bool]) -> _Run:
        """Return what was sent when all is sent, or what arrived when it is stopped before.

        Raises `InvalidInputError` (`not_delivered`) with what was confirmed until then.
        """
        began_ns = time.monotonic_ns()
        pace = Pace(self._rate, began_ns)
        try:
            while not is_stopped() and self._send(pace.take(time.monotonic_ns())):
                self._settle()
                time.sleep(pace.rest_ns(time.monotonic_ns()) / SECOND_NS)
            self._settle(0)
        except InvalidInputError as error:
            sent = self._account.sent
            zh, en = error.message.zh, error.message.en
            message = Text(f"{zh}；此前确认 {sent:,} 条", f"{en}; {sent:,} were confirmed before")
            raise type(error)(error.code, message, error.next_step) from error
        duration_ns = time.monotonic_ns() - began_ns
        places = {
            f"{self._producer.topic}/{partition}": count
            for partition, count in sorted(self._by_partition.items())
        }
        return _Run(self._account, places, duration_ns, is_stopped())

    def _send(self, count: int) -> bool:
        """Send so many records and return whether there may be more."""
        block = list(islice(self._records, count))
        for planned in block:
            if planned.record is None:
                self._account.add(planned)
            else:
                self._under_way.append(planned)
        self._producer.send(planned.record for planned in block if planned.record is not None)
        return len(block) == count

    def _settle(self, *pending_max: int) -> None:
        """Count what has arrived."""
        before = self._account.sent
        for partition in self._producer.arrived(*pending_max):
            self._account.add(self._under_way.popleft())
            self._by_partition[partition] += 1
        self._step(self._account.sent - before)


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C or SIGTERM has come; a second one ends the command at once."""
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        """Note a signal."""
        if came:
            raise KeyboardInterrupt
        came.append(number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, note) for one in numbers]
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let the interpreter look for garbage rarely while the context lasts."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _answer(run: _Run) -> dict[str, Any]:
    """Return the keys of the command line."""
    account = run.account
    return {
        "events": account.events,
        "enterprises": account.enterprises,
        "card_seconds": account.card_seconds,
        "quantities": account.quantities,
        "sent": account.sent,
        "distinct": account.distinct,
        "duplicate": account.duplicate,
        "malformed": account.malformed,
        "dropped": account.dropped,
        "late": account.late,
        "reordered": account.reordered,
        "tallies": account.tallies,
        "missing": account.missing,
        "gaps": account.gaps,
        "expected": {
            "recorded": account.distinct,
            "duplicate": account.duplicate,
            "rejected": account.malformed,
        },
        "codes": dict(sorted(account.codes.items())),
        "by_partition": run.by_partition,
        "seconds": round(run.duration_ns / SECOND_NS, 3),
        "per_second": account.sent * SECOND_NS // max(1, run.duration_ns),
        "stopped": run.stopped,
    }


def _shown(shell: Shell, topic: str, data: dict[str, Any]) -> Group:
    """Return what was sent, for a person."""
    places = ", ".join(f"{name} {count:,}" for name, count in data["by_partition"].items())
    lines = [
        Text(
            f"已发送 {data['sent']:,} 条到 {topic}，{data['seconds']} 秒，"
            f"每秒 {data['per_second']:,} 条：{places}",
            f"sent {data['sent']:,} records to {topic} in {data['seconds']} s,"
            f" {data['per_second']:,} a second: {places}",
        ),
        Text(
            f"账本应为：新记录 {data['distinct']:,}，重复 {data['duplicate']:,}，"
            f"拒收 {data['malformed']:,}",
            f"a ledger must show {data['distinct']:,} recorded, {data['duplicate']:,} duplicate,"
            f" {data['malformed']:,} rejected",
        ),
        Text(
            f"{data['enterprises']} 家企业，{data['card_seconds']} 卡·秒；"
            f"缺号 {data['missing']:,} 个，分 {data['gaps']:,} 段；日计数 {data['tallies']:,} 条",
            f"{data['enterprises']} enterprises, {data['card_seconds']} card-seconds;"
            f" {data['missing']:,} missing in {data['gaps']:,} gaps; {data['tallies']:,} tallies",
        ),
    ]
    shown: list[Any] = [shell.say(line) for line in lines]
    if data["codes"]:
        table = Table()
        table.add_column(shell.say(Text("拒收代码", "code of refusal")), no_wrap=True)
        table.add_column(shell.say(Text("条数", "records")), justify="right", no_wrap=True)
        for code, count in data["codes"].items():
            table.add_row(code, f"{count:,}")
        shown.append(table)
    return Group(*shown)
