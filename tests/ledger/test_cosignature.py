"""Cosignatures: read strictly, verified over the text and time, counted once a witness."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cosignature import (
    AHEAD_S_MAX,
    Timestamped,
    Witnesses,
    WitnessKey,
    cosigned_message,
    counting,
    is_cosigned,
    judge,
    merge,
    parse_timestamped,
    parse_witness,
    parse_witnesses,
    render_timestamped,
    render_witness,
    require_cosigned,
)
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.note import Note, Signature, VerifierKey, parse_note, render_note, render_vkey
from ledger.tlog import parse_checkpoint
from tests.witness import Witness

# The example of C2SP tlog-cosignature; its keys are not published, its form is.
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
    "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
    "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
TEXT = PUBLISHED.partition("\n\n")[0] + "\n"
NOW_S = 1_700_000_000
ONE, TWO, THREE = (Witness(f"w{number}.example", number) for number in (1, 2, 3))
KEYS = [one.key for one in (ONE, TWO, THREE)]


def note_of(*lines: str) -> Note:
    """Return the published note of the log with other lines under it."""
    ours = PUBLISHED.partition("\n\n")[2].splitlines(keepends=True)[0]
    return parse_note(f"{TEXT}\n{ours}{''.join(lines)}")


def names(note: Note, now_s: int = NOW_S) -> list[str]:
    return [one.witness.name for one in counting(note, KEYS, now_s)]


# --- what is published ---


def test_the_published_example_is_read_and_rendered() -> None:
    note = parse_note(PUBLISHED)
    assert render_note(note) == PUBLISHED
    assert parse_checkpoint(note.text).size == 20_852_163
    ours, theirs = note.signatures
    assert (theirs.name, theirs.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    content = parse_timestamped(theirs.signature)
    assert content is not None
    assert content.time_s == 1_679_315_147
    assert render_timestamped(content) == theirs.signature
    assert parse_timestamped(ours.signature) is None


def test_what_a_witness_signs_is_what_the_specification_shows() -> None:
    assert cosigned_message(1_679_315_147, TEXT).decode() == (
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


# --- keys ---


def test_a_witness_key_is_of_its_own_type() -> None:
    assert parse_witness(ONE.vkey) == ONE.key
    assert render_witness(parse_witness(ONE.vkey)) == ONE.vkey
    log_key = render_vkey(VerifierKey(ONE.name, ONE.key.public_key))
    for text in (log_key, ONE.vkey[:-1], ONE.vkey + "=", f" {ONE.vkey}", f"{ONE.vkey}\n", ""):
        with pytest.raises(InvalidInputError, match="witness_form"):
            parse_witness(text)


def test_a_list_of_witnesses_is_read_with_comments_and_as_a_policy() -> None:
    text = f"# ours\n\n{ONE.vkey}\n  {TWO.vkey}  \nwitness x {THREE.vkey} https://w.example\n"
    assert parse_witnesses(text) == KEYS
    assert parse_witnesses("") == []


@pytest.mark.parametrize("name", ["w1.example", "another.example"])
def test_one_public_key_is_one_witness(name: str) -> None:
    with pytest.raises(InvalidInputError, match="witness_twice"):
        parse_witnesses(f"{ONE.vkey}\n{Witness(name, 1).vkey}\n")


# --- counting ---


def test_each_witness_counts_once() -> None:
    first, again, other = ONE.line(TEXT, NOW_S), ONE.line(TEXT, NOW_S - 9), TWO.line(TEXT, NOW_S)
    note = note_of(again, first, other)
    assert names(note) == ["w1.example", "w2.example"]
    assert [one.time_s for one in counting(note, KEYS, NOW_S)] == [NOW_S, NOW_S]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (ONE.line(TEXT.replace("20852163", "20852164"), NOW_S), "signature"),
        (ONE.line(TEXT, NOW_S + AHEAD_S_MAX + 1), "future"),
        (ONE.line(TEXT, 2**63 - 1), "future"),
        (ONE.line(TEXT, 2**63), "form"),
    ],
)
def test_what_does_not_hold_does_not_count(line: str, fault: str) -> None:
    note = note_of(line, TWO.line(TEXT, NOW_S))
    assert names(note) == ["w2.example"]
    assert [one.fault for one in judge(note, KEYS, NOW_S)] == [fault, ""]
    with pytest.raises(TamperedLogError) as caught:
        require_cosigned(note, Witnesses(tuple(KEYS), 2), NOW_S)
    assert caught.value.code == "too_few_witnesses"
    assert f"w1.example ({fault})" in caught.value.message.en
    assert "example.com/behind-the-sofa 20852163" in caught.value.message.zh


def test_a_clock_a_little_ahead_counts() -> None:
    assert names(note_of(ONE.line(TEXT, NOW_S + AHEAD_S_MAX))) == ["w1.example"]


def test_unknown_lines_are_kept_and_not_counted() -> None:
    post_quantum = Signature("w1.example", b"\x06\x06\x06\x06", bytes(8 + 2_420))
    stranger = parse_note(render_note(note_of(Witness("w1.example", 9).line(TEXT, NOW_S))))
    note = merge(stranger, [post_quantum])
    assert names(note) == []
    assert parse_note(render_note(note)) == note
    assert len(note.signatures) == 3


def test_k_of_n_for_every_k_and_every_set_of_signers() -> None:
    for chosen in range(8):
        signers = [one for at, one in enumerate((ONE, TWO, THREE)) if chosen >> at & 1]
        note = note_of(*(one.line(TEXT, NOW_S) for one in signers))
        for required in range(4):
            enough = len(signers) >= required
            witnesses = Witnesses(tuple(KEYS), required)
            assert is_cosigned(note, witnesses, NOW_S) == enough
            if enough:
                found = require_cosigned(note, witnesses, NOW_S)
                assert [one.witness for one in found] == [one.key for one in signers]


def test_merging_keeps_our_line_and_the_latest_of_each_witness() -> None:
    old, new = note_of(ONE.line(TEXT, 5)), note_of(ONE.line(TEXT, 7), TWO.line(TEXT, 6))
    for first, second in ((old, new), (new, old)):
        merged = merge(first, second.signatures)
        assert merged.signatures[0] == old.signatures[0]
        assert sorted(one.time_s or 0 for one in counting(merged, KEYS, NOW_S)) == [6, 7]
        assert merge(merged, first.signatures) == merged


# --- strictness ---


def test_every_flipped_bit_of_a_cosignature_stops_it_from_counting() -> None:
    (line,) = note_of(ONE.line(TEXT, NOW_S)).signatures[1:]
    for at in range(len(line.signature) * 8):
        raw = bytearray(line.signature)
        raw[at // 8] ^= 1 << at % 8
        note = Note(TEXT, (Signature(line.name, line.key_id, bytes(raw)),))
        assert counting(note, KEYS, NOW_S) == []


@given(st.binary(max_size=80) | st.binary(min_size=72, max_size=72))
def test_a_cosignatures_bytes_are_read_back_or_refused(data: bytes) -> None:
    content = parse_timestamped(data)
    if content is not None:
        assert render_timestamped(content) == data
    else:
        assert len(data) != 72 or data[0] >= 128


@given(st.integers(0, 2**63 - 1), st.binary(min_size=64, max_size=64))
def test_every_time_and_signature_is_read_back(time_s: int, signature: bytes) -> None:
    content = Timestamped(time_s, signature)
    assert parse_timestamped(render_timestamped(content)) == content


VKEY_EDITS = st.tuples(
    st.integers(0, len(ONE.vkey)), st.integers(0, 2), st.text("+=/ A0aé\n\u3000", max_size=2)
)


@given(VKEY_EDITS)
def test_no_two_texts_are_one_witness(edit: tuple[int, int, str]) -> None:
    at, cut, put = edit
    text = ONE.vkey[:at] + put + ONE.vkey[at + cut :]
    with suppress(InvalidInputError):
        assert render_witness(parse_witness(text)) == text
        assert parse_witness(text) != ONE.key or text == ONE.vkey


@given(st.text("aZ09./é算", min_size=1, max_size=20), st.binary(min_size=32, max_size=32))
def test_every_witness_is_read_back(name: str, public_key: bytes) -> None:
    key = WitnessKey(name, public_key)
    assert parse_witness(render_witness(key)) == key
