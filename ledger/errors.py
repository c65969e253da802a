"""The error tree: by whose fault, with the value that was wrong and the next step.

Each class fixes the process's exit status, so that a script can tell the sender's mistake from
evidence that disagrees. A bug is an assertion and never one of these.
"""

from typing import ClassVar

from ledger.text import Language, Text


class LedgerError(Exception):
    """Something that a caller can act on: a stable code, what was wrong, and what to do next.

    `place` is the key or the path of what was wrong as the message has it, empty where it names
    none: whoever filled in a form never saw a key, and is told by the field's name instead.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, code: str, message: Text, next_step: Text, place: str = "") -> None:
        super().__init__(code, message, next_step)
        self.place = place
        self.code = code
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message.en} ({self.code}). {self.next_step.en}"

    def render(self, language: Language) -> dict[str, str]:
        """Return the keys `code`, `message` and `next` of the command line's error object."""
        return {
            "code": self.code,
            "message": self.message.render(language),
            "next": self.next_step.render(language),
        }


class InvalidInputError(LedgerError):
    """The sender is wrong: exit 2; ingest keeps the record as a rejection."""

    exit_status = 2


class RuleViolationError(LedgerError):
    """Understood and forbidden: exit 3."""

    exit_status = 3


class TamperedLogError(LedgerError):
    """The evidence disagrees: exit 4, stop and say what. Nothing is repaired by itself."""

    exit_status = 4
