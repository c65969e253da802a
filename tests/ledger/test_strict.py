"""What is signed has one spelling: no two texts are one note, checkpoint, key or proof.

Published examples, one edit away from each, and random texts: each is rendered again as it was
read, or refused.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cosignature import parse_witness, render_witness
from ledger.errors import InvalidInputError
from ledger.note import parse_note, parse_vkey, render_note, render_vkey
from ledger.proof import parse_growth, parse_proof, render_growth, render_proof
from ledger.tlog import parse_checkpoint, render_checkpoint
from tests.witness import Witness

# The example of C2SP signed-note.
SIGNED_NOTE = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMou"
    "FSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)

# The examples of C2SP tlog-checkpoint and tlog-cosignature.
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
LOG_LINE = (
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
    "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
WITNESS_LINE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
    "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

# The example of C2SP tlog-proof; its signatures are abridged, so another checkpoint follows.
PROOF = (
    "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n"
    "index 73894\n"
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\n"
)
GROWTH = "old 20852162\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"

Pair = tuple[Callable[[str], Any], Callable[[Any], str]]
NOTES: Pair = parse_note, render_note
FORMS: dict[str, tuple[Pair, str]] = {
    "note": (NOTES, SIGNED_NOTE),
    "cosigned": (NOTES, f"{CHECKPOINT}\n{LOG_LINE}{WITNESS_LINE}"),
    "checkpoint": ((parse_checkpoint, render_checkpoint), CHECKPOINT),
    "extended": ((parse_checkpoint, render_checkpoint), f"{CHECKPOINT}one more line\n"),
    "key": (
        (parse_vkey, render_vkey),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ),
    "witness": ((parse_witness, render_witness), Witness("w1.example").vkey),
    "proof": (
        (parse_proof, render_proof),
        f"{PROOF}{CHECKPOINT}\n{LOG_LINE}",
    ),
    "growth": ((parse_growth, render_growth), f"{GROWTH}{CHECKPOINT}\n{LOG_LINE}"),
}


def read(parse: Callable[[str], Any], text: str) -> Any:  # noqa: ANN401 - any of the forms
    """Return what a text says, None where it is refused."""
    try:
        return parse(text)
    except InvalidInputError:
        return None


@pytest.mark.parametrize("name", FORMS)
def test_what_is_published_is_read_and_rendered_as_it_stands(name: str) -> None:
    (parse, render), text = FORMS[name]
    assert render(parse(text)) == text


@pytest.mark.parametrize("name", FORMS)
@given(place=st.integers(0, 9_999), cut=st.integers(0, 3), put=st.text(max_size=3))
def test_one_edit_away_is_another_value_or_refused(
    name: str, place: int, cut: int, put: str
) -> None:
    (parse, render), text = FORMS[name]
    at = place % (len(text) + 1)
    edited = text[:at] + put + text[at + cut :]
    found = read(parse, edited)
    if found is not None:
        assert render(found) == edited
        assert (found == parse(text)) == (edited == text)


@pytest.mark.parametrize("name", FORMS)
def test_each_kind_of_whitespace_padding_and_case_is_another_value_or_refused(name: str) -> None:
    (parse, render), text = FORMS[name]
    for change in ("\r", "\n", " ", "\t", "=", "+", "\u00a0", "\u2028", "\ufeff", "0", "A", "\x00"):
        for at in range(len(text) + 1):
            edited = text[:at] + change + text[at:]
            found = read(parse, edited)
            assert found is None or (render(found) == edited and found != parse(text)), edited


@pytest.mark.parametrize("name", FORMS)
@given(text=st.text("abcAB+/=— \n0123456789", max_size=120) | st.text(max_size=60))
def test_any_text_is_rendered_again_or_refused(name: str, text: str) -> None:
    (parse, render), _ = FORMS[name]
    found = read(parse, text)
    assert found is None or render(found) == text
