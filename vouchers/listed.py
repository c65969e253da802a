"""Whether the provider of a purchase was on the rule's list of providers throughout the service."""

from datetime import date

from ledger.text import Text
from vouchers.application import Application, Line
from vouchers.decision import HOLDS, Finding, unknown
from vouchers.requirement import ProviderListed
from vouchers.spend import ask, cut


def is_listed(rule: ProviderListed, clause: Text, _: Application, line: Line) -> Finding:
    """Return whether the list has the provider on every day of the service."""
    purchase = line.purchase
    if purchase.provider is None:
        return unknown(ask(line, "provider", clause))
    listings = [one for one in rule.providers if one.credit_code == purchase.provider]
    if not listings:
        message = Text(
            f"的服务机构 {purchase.provider} 不在服务机构名单内",
            f"is from {purchase.provider}, which is not on the list of providers",
        )
        return cut(line, "provider_not_listed", message, clause)
    days = {"service_from": purchase.service_from, "service_to": purchase.service_to}
    if any((one.first, one.last) == (None, None) for one in listings):
        return HOLDS
    missing = [ask(line, key, clause) for key, day in days.items() if day is None]
    if missing:
        return unknown(*missing)
    first, last = purchase.service_from, purchase.service_to
    assert first is not None, line
    assert last is not None, line
    for one in listings:
        if (one.first or date.min) <= first and last <= (one.last or date.max):
            return HOLDS
    message = Text(
        f"的服务期 {first} 至 {last} 内，服务机构 {purchase.provider} 不全在名单有效期内",
        f"was served from {first} to {last}, when {purchase.provider} was not listed throughout",
    )
    return cut(line, "provider_not_listed", message, clause)
