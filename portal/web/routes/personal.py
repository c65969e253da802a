"""An enterprise's contact and bank account: entered by forms, and never shown again."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from ledger.errors import LedgerError
from ledger.personal import BankAccount, Contact
from ledger.text import Text
from portal.commands.enterprise_commands import record_datum
from portal.web.audience import ENTERPRISE, TASK_FORCE, unknown_page
from portal.web.dossier import opened, page_of
from portal.web.errors import for_page, status_of
from portal.web.page import onward
from portal.web.visit import Visit, Visitor

_PATH: Final = "/enterprise/{enterprise:str}/papers/own/{what:str}"


class Own(NamedTuple):
    """A datum: what its form is called, its fields, and what is made of them."""

    title: Text
    lead: Text
    fields: Mapping[str, Text]
    make: Callable[..., BankAccount | Contact]
    optional: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()


OWN: Final[Mapping[str, Own]] = {
    "contact": Own(
        Text("联系人", "Contact"),
        Text(
            "结算单会发到最新的联系人邮箱。日志里只存摘要，企业可以要求删除。",
            "Statements are mailed to the newest contact. The log holds a digest only, and you may"
            " ask to have it erased.",
        ),
        {
            "name": Text("姓名", "Name"),
            "phone": Text("电话", "Telephone"),
            "email": Text("电子邮箱", "E-mail"),
            "address": Text("地址", "Address"),
        },
        Contact,
        optional=frozenset({"phone", "email", "address"}),
    ),
    "account": Own(
        Text("收款账户", "Bank account"),
        Text(
            "补贴只付到本企业名下的账户。账号提交后不再显示，只在付款时交给银行。",
            "Refunds go only to an account of the enterprise itself. Its number is not shown again:"
            " it goes to the bank with a payment.",
        ),
        {
            "holder": Text("户名", "Account holder"),
            "bank": Text("开户银行", "Bank"),
            "number": Text("账号", "Account number"),
        },
        BankAccount,
        hidden=frozenset({"number"}),
    ),
}


@get(_PATH, who=ENTERPRISE | TASK_FORCE, sync_to_thread=True)
def own_form(visit: Visitor, enterprise: FromPath[str], what: FromPath[str]) -> Response[Any]:
    """Return the empty form of a contact or a bank account."""
    return _form(visit, enterprise, what, {})


@post(_PATH, who=ENTERPRISE | TASK_FORCE, sync_to_thread=True)
def enter_own(
    visit: Visitor,
    enterprise: FromPath[str],
    what: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Record a contact or a bank account."""
    own = _own(what)
    # What was sent twice, or as a file, is no text that anybody typed.
    said = {name: one for name, one in data.items() if isinstance(one, str)}
    typed = {name: said.get(name, "").strip() for name in own.fields}
    try:
        given = {name: text for name, text in typed.items() if text or name not in own.optional}
        record_datum(visit.shell, enterprise, own.make(**given))
    except LedgerError as error:
        return _form(visit, enterprise, what, typed, error)
    return onward(f"/enterprise/{enterprise}/papers", "saved")


def _form(
    visit: Visit,
    enterprise: str,
    what: str,
    typed: Mapping[str, str],
    error: LedgerError | None = None,
) -> Response[Any]:
    """Return a form with what was typed, but for what is not shown again."""
    own = _own(what)
    with opened(visit, enterprise) as (ground, _):
        pass
    return page_of(
        visit,
        "enterprise_own.html",
        ground,
        status=status_of(error) if error else 200,
        own=own,
        what=what,
        typed={name: text for name, text in typed.items() if name not in own.hidden},
        field=error.place if error and error.place in own.fields else "",
        wrong=for_page(error, visit, own.fields) if error else None,
    )


def _own(what: str) -> Own:
    """Return the datum that an address names."""
    if what not in OWN:
        raise unknown_page()
    return OWN[what]


ROUTES: Final = [own_form, enter_own]
