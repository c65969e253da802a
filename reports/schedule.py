"""Wake up again and again until told to stop: the one file that knows APScheduler.

It only wakes. What is due, and who does it, the database decides: so its jobs live in memory, a
call that takes longer than the pause is not made twice, and calls that were missed are one.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apscheduler.events import JobExecutionEvent

# A signal's handler may set a flag and no more: what it would notify, the signal may have caught
# holding the lock. So the flag is looked at, this often.
POLL_S: Final = 0.2


def wake(tick: Callable[[], None], every_s: int, stopped: Callable[[], bool]) -> None:
    """Call a function now and every so many seconds, and return once it is `stopped`.

    The call under way is waited for. An exception of the function's ends the waking and is raised.
    """
    # No other command needs them.
    from apscheduler.events import EVENT_JOB_ERROR  # noqa: PLC0415
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    # It would warn of each call that is longer than the pause, and print what is raised below.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL + 1)
    raised: list[BaseException] = []

    def give_up(event: "JobExecutionEvent") -> None:
        raised.append(event.exception)

    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_listener(give_up, EVENT_JOB_ERROR)
    options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    now, pause = datetime.now(UTC), timedelta(seconds=every_s)
    job = scheduler.add_job(tick, "interval", seconds=every_s, next_run_time=now, **options)
    scheduler.start()
    try:
        while not stopped() and not raised:
            time.sleep(POLL_S)
            # Instants are of the wall's clock: one that went back leaves the next as far ahead.
            if job.next_run_time > datetime.now(UTC) + pause:
                job.modify(next_run_time=datetime.now(UTC))
    finally:
        scheduler.shutdown(wait=True)
    if raised:
        raise raised[0]
