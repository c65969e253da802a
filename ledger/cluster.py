"""Run spans on a Dask cluster: the only file that knows Dask, which is an optional extra.

The workers run the same function as one process does. A worker that dies costs time alone: the
scheduler gives its spans to another. Trees that they send are proved by the root; their rows are
believed, as one believes the machine under one's own process.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.errors import InvalidInputError
from ledger.partial import Partial, Span
from ledger.spans import Job, Runner
from ledger.text import Text

# Spans under way at a time: enough for any cluster that fits one database, few enough to hold.
WINDOW: Final = 256
CONNECT_SECONDS: Final = 10


def by_dask(job: Job, address: str) -> Runner:
    """Return the runner that spreads spans over the workers of a scheduler, `tcp://host:8786`.

    Raises `InvalidInputError`: `no_dask` where the extra is not installed, `no_cluster`.
    """
    return lambda spans: _run(job, address, spans)


def _run(job: Job, address: str, spans: Sequence[Span]) -> Iterator[Partial]:
    """Yield each span's result as it comes."""
    try:
        from distributed import Client, as_completed  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InvalidInputError(
            "no_dask",
            Text("未安装 Dask", "Dask is not installed"),
            Text("请运行 pip install 'suanquan[dask]'", "run pip install 'suanquan[dask]'"),
        ) from error
    with warnings.catch_warnings():
        # Other patch versions of libraries on the workers change no result that a root proves.
        warnings.filterwarnings("ignore", message="\\s*Mismatched versions", category=UserWarning)
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise InvalidInputError(
                "no_cluster",
                Text(
                    f"连不上 Dask 调度器 {address}：{error}", f"no scheduler at {address}: {error}"
                ),
                Text("请写成 tcp://主机:8786 并检查网络", "write it like tcp://host:8786"),
            ) from error
    with client:
        waiting = iter(spans)

        def submit(count: int) -> list[object]:
            """Return the futures of the next spans."""
            chosen = [span for _, span in zip(range(count), waiting, strict=False)]
            return [client.submit(job.work, span, pure=False) for span in chosen]

        running = as_completed(submit(WINDOW), loop=client.loop)  # type: ignore[no-untyped-call]
        for future in running:
            result: Partial = future.result()
            future.release()
            for added in submit(1):
                running.add(added)  # type: ignore[no-untyped-call]
            yield result
