"""The command `suanquan`: every command's tree, its options, its errors and exit statuses.

Exit status: 0 done; 1 a bug of ours; 2 the input is wrong; 3 understood and forbidden; 4 the
evidence disagrees.
"""

import os
import sys
import traceback
from itertools import pairwise
from typing import Final

import click

from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text
from portal.commands import (
    access_commands,
    account_commands,
    adoption_commands,
    author_commands,
    backup_commands,
    calendar_commands,
    claim_batch_commands,
    claim_commands,
    database_commands,
    decide_command,
    deliver_command,
    demo_command,
    document_commands,
    enterprise_commands,
    fund_commands,
    impact_command,
    ingest_commands,
    log_commands,
    mail_command,
    notice_commands,
    paper_commands,
    payment_commands,
    reconcile_command,
    replay_command,
    report_commands,
    schedule_commands,
    serve_command,
    simulate_command,
    statement_commands,
    usage_command,
    user_commands,
    voucher_commands,
)
from portal.fault import tell_fault
from portal.shell import language_of_locale, print_error

EXIT_BUG: Final = 1
EXIT_INTERRUPTED: Final = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  suanquan demo
  suanquan ingest file usage.ndjson.gz --format cloudevents
  suanquan usage --by enterprise,month --json
  suanquan statement make --kind compute --month 2022-07
  suanquan log check && suanquan replay --statements""",
)
@click.version_option(package_name="suanquan")
def cli() -> None:
    """算券 Suanquan: metering and subsidy ledger of an AI computing centre.

    State lives in SUANQUAN_DATABASE_URL and under SUANQUAN_HOME (default: var/). Every command
    takes --json for one JSON object on standard output and --lang zh|en for its words.
    """


for command in (
    database_commands.db,
    demo_command.demo,
    simulate_command.simulate,
    ingest_commands.ingest,
    usage_command.usage,
    author_commands.programme,
    statement_commands.statement,
    reconcile_command.reconcile,
    report_commands.report,
    schedule_commands.schedule,
    serve_command.serve,
    calendar_commands.calendar,
    claim_commands.claim,
    notice_commands.notice,
    payment_commands.payment,
    voucher_commands.voucher,
    fund_commands.fund,
    fund_commands.book,
    log_commands.log,
    access_commands.access,
    replay_command.replay,
    backup_commands.backup,
    backup_commands.restore,
    user_commands.user,
    enterprise_commands.enterprise,
    document_commands.document,
    paper_commands.paper,
):
    cli.add_command(command)
for command in (
    adoption_commands.adopt_,
    adoption_commands.adopted,
    decide_command.decide,
    impact_command.simulate,
):
    author_commands.programme.add_command(command)
for command in (
    *(account_commands.invite_, account_commands.sessions, account_commands.sign_out),
    *(account_commands.linked, account_commands.unlink),
):
    user_commands.user.add_command(command)
for command in (claim_batch_commands.tick, claim_batch_commands.clawbacks):
    claim_commands.claim.add_command(command)
for command in (deliver_command.deliver, mail_command.mail):
    statement_commands.statement.add_command(command)


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Return the exit status of one command line; errors are printed, never raised."""
    language = language_of_locale()
    for option, value in pairwise(arguments):
        if option == "--lang" and value in {"zh", "en"}:
            language = "zh" if value == "zh" else "en"
    as_json = "--json" in arguments
    try:
        status = cli.main(arguments, prog_name="suanquan", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence says that it is our bug
        told = _tell(error)
        if told.exit_status == EXIT_BUG:
            traceback.print_exc()
        print_error(told, language, as_json=as_json)
        return told.exit_status
    return status if isinstance(status, int) else 0


def _tell(error: Exception) -> LedgerError:
    """Return an error as one that says by whose fault it is and what to do."""
    match error:
        case click.ClickException():
            return _usage_error(error)
        case _:
            return tell_fault(error)


def _usage_error(error: click.ClickException) -> LedgerError:
    """Return a mistake on the command line as an error of the caller's."""
    path = "suanquan"
    if isinstance(error, click.UsageError) and error.ctx:
        path = error.ctx.command_path
    return InvalidInputError(
        "usage",
        Text(f"命令写法不对：{error.format_message()}", error.format_message()),
        Text(f"用法见 {path} --help", f"see {path} --help"),
    )
