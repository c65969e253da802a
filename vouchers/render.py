"""Decisions, plans and programmes as JSON-able values with the command line's keys, in a language.

A language changes words, never keys, codes or numbers.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any, NoReturn

from ledger.errors import InvalidInputError
from ledger.text import Language, Text
from vouchers.case import parse_case
from vouchers.catalogue import check_slip, find_programmes, hash_catalogue, select_programmes
from vouchers.decide import decide
from vouchers.decision import Decision, Reason, Step
from vouchers.improve import Improvement, improve
from vouchers.names import FIELDS, name_base
from vouchers.plan import Plan, plan
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    Programme,
    Version,
    encode_value,
    hash_version,
)
from vouchers.ruling import Ruling
from vouchers.showing import render_exact
from vouchers.values import walk
from vouchers.wording import cite, describe_condition

Json = dict[str, Any]


def preview(raw: bytes, programme_ids: Iterable[str] = (), *, language: Language = "zh") -> Json:
    """Return `{decisions, plans}` of a case written as JSON, by every programme when none is named.

    Decisions come in the catalogue's order, plans lawful and best first. Raises
    `InvalidInputError`: the case is not one, or a programme is not known.
    """
    return render_ruling(judge(raw, programme_ids), language)


def judge(raw: bytes, programme_ids: Iterable[str] = ()) -> Ruling:
    """Return the ruling on a case written as JSON, by every programme when none is named.

    Raises `InvalidInputError`: the case is not one, or a programme is not known.
    """
    chosen, case = select_programmes(programme_ids), parse_case(raw)
    for i, entry in enumerate(case.earlier):
        if entry.programme is not None:
            check_slip(entry.programme, f"earlier[{i}].programme")
    for i, purchase in enumerate(case.purchases or ()):
        for j, programme_id in enumerate(purchase.refunded_by):
            check_slip(programme_id, f"purchases[{i}].refunded_by[{j}]")
    return Ruling(case, tuple((one, decide(one, case)) for one in chosen), plan(case, chosen))


def render_ruling(ruling: Ruling, language: Language) -> Json:
    """Return `{decisions, plans}` of the command line."""
    return {
        "decisions": [
            {
                **render_decision(decision, language),
                "improvements": [
                    _render_improvement(one, language)
                    for one in improve(programme, ruling.case, decision)
                ],
            }
            for programme, decision in ruling.decisions
        ],
        "plans": [render_plan(one, language) for one in ruling.plans],
    }


def render_decision(decision: Decision, language: Language) -> Json:
    """Return the object D of the command line."""
    return {
        "programme": decision.programme,
        "version": decision.version,
        "status": decision.status,
        "amount_fen": decision.amount_fen,
        "steps": [_render_step(step, language) for step in decision.steps],
        "reasons": [_render_reason(reason, language) for reason in decision.reasons],
    }


def render_plan(made: Plan, language: Language) -> Json:
    """Return the object P of the command line; the reason is a sentence that ends in its clause."""
    return {
        "programmes": list(made.programmes),
        "amounts_fen": dict(zip(made.programmes, made.amounts_fen, strict=True)),
        "total_fen": made.total_fen,
        "lawful": made.lawful,
        "reason": cite(made.reason).render(language) if made.reason else None,
        "counted": {
            one: list(counted) for one, counted in zip(made.programmes, made.counted, strict=True)
        },
        "proved": made.proved,
    }


def list_programmes(*, language: Language = "zh") -> Json:
    """Return `{rows, hash}`: a row a version, in the catalogue's order, and the hash over all."""
    rows = [
        _render_head(programme, version, language)
        for programme in find_programmes()
        for version in programme.versions
    ]
    return {"rows": rows, "hash": hash_catalogue(find_programmes())}


def describe(programme: Programme, on: date | None = None, *, language: Language = "zh") -> Json:
    """Return the version in force on a day (the newest one when none is asked for), fully cited.

    Raises `InvalidInputError` (code `no_version_in_force`).
    """
    version = choose_version(programme, on)
    return {
        **_render_head(programme, version, language),
        "name": programme.name.render(language),
        "values": [_describe_value(name, cited, language) for name, cited in walk(version)],
    }


def choose_version(programme: Programme, on: date | None) -> Version:
    """Return the version in force on a day, the newest one when none is asked for.

    Raises `InvalidInputError` (code `no_version_in_force`).
    """
    version = programme.versions[-1] if on is None else programme.version_on(on)
    if version is None:
        _refuse_day(programme, on)
    return version


def _render_head(programme: Programme, version: Version, language: Language) -> Json:
    last = version.valid_to
    return {
        "id": programme.id,
        "level": programme.level,
        "version": version.id,
        "document": version.document.render(language),
        "from": version.valid_from.value.isoformat(),
        "to": last.value.isoformat() if last is not None else None,
        "hash": hash_version(programme, version),
    }


def _describe_value(name: str, cited: Cited[Any], language: Language) -> Json:
    field = name.partition("[")[0]
    what = FIELDS[field] if field in FIELDS else describe_condition(cited.value)
    if field.endswith("_fen"):
        what = Text(f"{what.zh}（分）", f"{what.en}, in fen")
    if field == "base":
        base = name_base(cited.value)
        what = Text(f"{what.zh}：{base.zh}", f"{what.en}: {base.en}")
    return {
        "name": name,
        "what": what.render(language),
        "value": _render_value(cited.value),
        "clause": cited.clause.render(language),
        "grade": cited.grade,
    }


def _render_value(value: object) -> object:
    """Return the value itself; of any-of and all-of only which it is, for their parts follow."""
    if isinstance(value, AllOf | AnyOf):
        return {"type": value.__struct_config__.tag}
    if isinstance(value, Fraction):
        return render_exact(value)
    return encode_value(value)


def _render_step(step: Step, language: Language) -> Json:
    return {
        "what": step.what.render(language),
        "value": render_exact(step.value) if isinstance(step.value, Fraction) else step.value,
        "unit": step.unit,
        "clause": step.clause.render(language),
        "grade": step.grade,
        "operation": step.operation,
        "inputs": list(step.inputs),
    }


def _render_improvement(made: Improvement, language: Language) -> Json:
    return {
        "message": made.message.render(language),
        "amount_fen": made.amount_fen,
        "clause": made.clause.render(language),
    }


def _render_reason(reason: Reason, language: Language) -> Json:
    return {
        "code": reason.code,
        "message": reason.message.render(language),
        "clause": reason.clause.render(language),
    }


def _refuse_day(programme: Programme, on: date | None) -> NoReturn:
    known = "; ".join(
        f"{one.id}: {one.valid_from.value}–{one.valid_to.value if one.valid_to else ''}"
        for one in programme.versions
    )
    raise InvalidInputError(
        "no_version_in_force",
        Text(f"{programme.id} 在 {on} 没有在施行的版本", f"{programme.id} has no version on {on}"),
        Text(f"现有版本：{known}", f"its versions: {known}"),
    )
