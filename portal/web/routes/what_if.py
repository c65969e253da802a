"""What if: one value of a rule changed, and what that would have cost over the ledger's history."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from ledger.errors import LedgerError
from ledger.read import read_heads
from ledger.text import Text
from portal import what_if
from portal.web import chart, figures
from portal.web.audience import TASK_FORCE
from portal.web.entries import field_of
from portal.web.errors import for_page, status_of
from portal.web.page import page
from portal.web.visit import Visit, Visitor
from portal.what_if import MONTHS_MAX, no_value
from vouchers.adoption import programmes_of, rules_of
from vouchers.change import PROPOSED, Change, VersionChange
from vouchers.impact import Affected, Impact
from vouchers.names import FIELDS, LEVELS
from vouchers.reading import read_rules

SHOWN_MAX: Final = 25
"""Enterprises of each list."""

VALUES: Final = (
    "rate",
    "yearly_cap_fen",
    "contract_cap_fen",
    "claim_cap_fen",
    "group_cap_fen",
    "claim_floor_fen",
    "yearly_spend_floor_fen",
)
"""The values of a version that are a single figure: what a form can ask for."""

_FIELDS: Final = {
    "bad_value": "value",
    "unknown_key": "name",
    "bad_version": "value",
    "no_value": "value",
    "bad_month": "month_from",
    "bad_range": "month_from",
}


class ChangeForm(msgspec.Struct):
    """A change as it was typed: `rule` is a programme and version, `drop` takes a value away."""

    rule: str = ""
    name: str = ""
    value: str = ""
    drop: str = ""
    month_from: str = ""
    month_to: str = ""

    def change(self) -> Change:
        """Return the change that is meant; raises `InvalidInputError` (`no_value`)."""
        programme, _, version = self.rule.partition("@")
        typed = self.value.strip()
        if self.name not in VALUES or not (typed or self.drop):
            raise no_value()
        values = {} if self.drop else {self.name: typed}
        dropped = (self.name,) if self.drop else ()
        made = VersionChange(programme, version or None, values, dropped, {}, PROPOSED, "rule")
        return Change(PROPOSED.clause, (), (), (made,))


@get("/what-if", who=TASK_FORCE, sync_to_thread=True)
def form(visit: Visitor) -> Response[Any]:
    """Return the form of a change."""
    return _page(visit, ChangeForm())


@post("/what-if", who=TASK_FORCE, sync_to_thread=True)
def work_out(
    visit: Visitor,
    data: Annotated[ChangeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Return what a change would have cost; nothing of it is recorded."""
    try:
        wanted = data.month_from or None, data.month_to or None
        made = what_if.work_out(visit.shell, data.change(), wanted)
    except LedgerError as error:
        return _page(visit, data, error=error)
    return _page(visit, data, made.impact)


def _page(
    visit: Visit,
    typed: ChangeForm,
    impact: Impact | None = None,
    error: LedgerError | None = None,
) -> Response[Any]:
    """Return the form with what was typed, and what it came to or what was wrong."""
    with visit.shell.reading() as connection:
        book = read_rules(connection, read_heads(connection)["book"].size)
    programmes = programmes_of(rules_of(book))
    rules = [
        (f"{one.id}@{version.id}", _joined(one.name, version.document))
        for one in programmes
        for version in reversed(one.versions)
    ]
    return page(
        visit,
        "what_if.html",
        200 if error is None else int(status_of(error)),
        typed=typed,
        rules=rules,
        values=[(name, FIELDS[name]) for name in VALUES],
        months_max=MONTHS_MAX,
        impact=impact,
        months=_months(visit, impact) if impact else None,
        names={one.id: one.name for one in programmes},
        level_names=LEVELS,
        lists=_lists(impact) if impact else (),
        shown_max=SHOWN_MAX,
        wrong=for_page(error, visit) if error else None,
        field=field_of(error, _FIELDS) if error else "",
    )


def _joined(name: Text, document: Text) -> Text:
    """Return a programme with the document of a version."""
    return Text(f"{name.zh} · {document.zh}", f"{name.en} · {document.en}")


def _months(visit: Visit, impact: Impact) -> chart.Bars:
    """Return each month before and after, side by side."""
    before, after = visit.say(Text("调整前", "before")), visit.say(Text("调整后", "after"))
    values, most = [], 0
    for month, amounts in impact.by_month.items():
        for word, fen, other in (
            (before, amounts.before_fen, True),
            (after, amounts.after_fen, False),
        ):
            shown = f"{word} {figures.yuan(fen, visit.language)}"
            # The pair has one label.
            label = figures.brief_month(month, visit.language) if other else ""
            values.append(chart.Value(label, str(fen), shown, other))
            most = max(most, fen)
    said = Text("各月补贴，调整前与调整后", "Refunds by month, before and after")
    return chart.draw(values, visit.say(said), figures.yuan(most, visit.language))


def _lists(impact: Impact) -> list[tuple[Text, int, list[Affected]]]:
    """Return who gets more, who gets less, and for whom missing facts decide."""
    found = (
        (Text("多得的企业", "Who gets more"), impact.winners),
        (Text("少得的企业", "Who gets less"), impact.losers),
        (
            Text("增减待补充材料后才能确定", "More or less, as missing facts turn out"),
            impact.unclear,
        ),
    )
    return [(title, len(rows), rows[:SHOWN_MAX]) for title, rows in found if rows]


ROUTES: Final = [form, work_out]
