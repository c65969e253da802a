"""Pages: a template with the visitor, his menu and what it shows, as HTML that escapes all text.

Sentences stand in the templates in both languages, `t("中文", "English")`; figures and days are
written by `portal.web.figures` in the language's own form.
"""

from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.response import Redirect
from markupsafe import Markup

from ledger.text import Text
from portal.web import figures
from portal.web.menu import menu_of
from portal.web.visit import Visit

SEE_OTHER: Final = 303


DONE: Final = {
    "saved": Text("已保存", "Saved"),
    "signed_out": Text("您已退出", "You have signed out"),
    "password_set": Text("密码已设置，请登录", "Your password is set: sign in"),
    "second_factor_set": Text("动态验证码已启用", "One-time codes are set up"),
    "registered": Text(
        "已登记，请继续录入资质、合同和收款账户",
        "Registered: enter its qualifications, contracts and bank account next",
    ),
    "linked": Text("已绑定，下次可用它登录", "Linked: you can sign in by it from now on"),
    "unlinked": Text("已解除绑定，请重新登录", "No longer linked: sign in again"),
    "acted": Text("已办理", "Done"),
    "asked": Text("已提出，待另一名管理员同意", "Asked for: another administrator has to consent"),
}
"""What a page says of the act that led to it; the address names it, and nothing else is shown."""


@cache
def environment() -> Environment:
    """Return the templates: every text is escaped, and a name that is not there is a bug."""
    found = Environment(
        loader=PackageLoader("portal.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = figures.asset
    return found


def page(visit: Visit, template: str, /, status: int = 200, **values: Any) -> Response[str]:  # noqa: ANN401 - what the template names
    """Return a page of a template."""
    language = visit.language

    def t(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    shown = {
        "visit": visit,
        "lang": language,
        "t": t,
        "say": visit.say,
        "menu": menu_of(visit),
        "yuan": lambda fen: figures.yuan(fen, language),
        "day": lambda day: figures.day(day, language),
        "month": lambda month: figures.month(month, language),
        "instant": lambda at: figures.instant(at, language),
        "period": lambda value: figures.period(value, language),
        "number": lambda value: figures.number(value, language),
        "csrf": lambda: form_token(visit),
        "done": None,
        "firm": "",
        **values,
    }
    html = environment().get_template(template).render(shown)
    return Response(html, media_type=MediaType.HTML, status_code=status)


def form_token(visit: Visit) -> Markup:
    """Return the field by which a form is known as one of ours."""
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(visit.csrf)


def told(visit: Visit, done: str | None) -> str | None:
    """Return what was done, as the address names it; nothing for a name that is not ours."""
    found = DONE.get(done or "")
    return visit.say(found) if found else None


def onward(path: str, done: str | None = None) -> Redirect:
    """Return an answer that leads on, so that a page loaded again does nothing twice."""
    sign = "&" if "?" in path else "?"
    return Redirect(path + (f"{sign}done={done}" if done else ""), status_code=SEE_OTHER)
