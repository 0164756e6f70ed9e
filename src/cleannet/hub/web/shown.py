"""How things are written on a page: terms, moments, time left, figures, and names nobody can click."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.template import Library
from django.utils.translation import gettext as _

from cleannet.core import terms
from cleannet.core.allow import REASONS
from cleannet.core.clock import BEIJING
from cleannet.core.form import Filled
from cleannet.core.policy import Text
from cleannet.core.terms import Term
from cleannet.formats import tally
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.watch.queries import UNPLACED
from cleannet.hub.web.access import Names, is_chinese

register = Library()
NUMERALS = "一二三四五六七八九十"
_LIMIT = re.compile(r"(\d+)(min|h|d|wd)")
GROUPS: Mapping[str, Mapping[str, Term]] = MappingProxyType(
    {
        "kind": terms.ENTRY_KINDS,
        "role": {**terms.ROLES, **terms.RECIPIENTS},
        "resource": terms.RESOURCES,
        "grade": terms.GRADES,
        "order": terms.ORDER_STATES,
        "appeal": terms.APPEAL_STATES,
        "batch": terms.BATCH_STATES,
        "effect": terms.EFFECTS,
        "place": terms.PLACES,
        "case": terms.CASE_STATES,
        "medium": terms.MEDIA,
        "verdict": terms.VERDICTS,
        "vantage": terms.VANTAGES,
        "right": terms.RIGHTS,
        "silence": terms.SILENCES,
        "lead": terms.LEADS,
        "breach": terms.BREACHES,
        "lead_state": terms.LEAD_STATES,
        "fact": terms.FACTS,
        "province": terms.PROVINCES,
        "reason": REASONS,
        "reach": terms.REACHES,
        "route": terms.ROUTES,
        "unrouted": terms.UNROUTED,
        "table": terms.ROUTE_TABLES,
        "listing": terms.LISTINGS,
    }
)


@register.filter
def term(key: str, group: str) -> str:
    """Return the official term of a key in the language of the page; the key where there is none."""
    found = GROUPS[group].get(key)
    return key if found is None else label(found)


@register.filter
def place(province: str) -> str:
    """Return the name of a province; in words where the log does not state it."""
    return _("province not stated") if province == UNPLACED else term(province, "province")


@register.filter
def unrouted(name: str) -> str:
    """Return what nobody is registered for: a name of the law, with the province that is lacking of it."""
    recipient, _sep, part = name.partition(" ")
    role = term(recipient, "role")
    return f"{role} ({place(part)})" if part else role


def label(found: Term | Text) -> str:
    """Return a term or a text of the law in the language of the page."""
    return found.zh if is_chinese() else found.en


@register.filter
def told(text: Text | Term | None) -> str:
    """Return a text of the law in the language of the page."""
    return "" if text is None else label(text)


@register.filter
def named(code: str, names: Names) -> str:
    """Return a party's name."""
    return names[code]


@register.filter
def note(entry: ledger.Entry, viewer: Viewer) -> str:
    """Return a person's note on an entry where the viewer may read it."""
    return ledger.note(viewer, entry)


@register.filter
def sees_figures_of(viewer: Viewer, party: str) -> bool:
    """Return whether what a party counted is shown to the viewer."""
    return viewer.sees_figures_of(party)


@register.filter
def may(viewer: Viewer, right: str) -> bool:
    """Return whether a viewer holds a right."""
    return viewer.may(right)


@register.filter
def provinces(codes: Sequence[str]) -> str:
    """Return the names of provinces as one text."""
    return _(", ").join(term(code, "province") for code in codes)


@register.filter
def listed(codes: list[str], names: Names) -> str:
    """Return parties' names as one text."""
    return _(", ").join(names[code] for code in codes)


@register.filter
def at(moment: datetime | None) -> str:
    """Return a moment in Beijing time to the minute."""
    return "" if moment is None else moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


@register.filter
def exact(moment: datetime | None) -> str:
    """Return a moment in Beijing time to the second."""
    return "" if moment is None else moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def clock(moment: datetime) -> str:
    """Return the hour and minute of a moment in Beijing time."""
    return moment.astimezone(BEIJING).strftime("%H:%M")


@register.filter
def day(moment: datetime) -> str:
    """Return the day of a moment in Beijing time without the year."""
    return moment.astimezone(BEIJING).strftime("%m-%d")


@register.filter
def iso(moment: datetime) -> str:
    """Return a moment for machines."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


@register.filter
def since(now: datetime, moment: datetime) -> str:
    """Return how long ago a moment was."""
    return _("%(span)s ago") % {"span": span(now - moment)}


def span(length: timedelta) -> str:
    """Return a length of time in its two greatest units, rounded down."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return (
            _("%(days)s d %(hours)s h") % {"days": days, "hours": hours} if hours else _("%(days)s d") % {"days": days}
        )
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    if minutes:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("less than a minute")


def left(due: datetime, now: datetime) -> str:
    """Return in words how much time is left, or how long a duty is overdue."""
    if now > due:
        return _("%(span)s overdue") % {"span": span(now - due)}
    return _("%(span)s left") % {"span": span(due - now)}


@register.filter
def limit(text: str) -> str:
    """Return a limit of the law, such as 2h, in words."""
    found = _LIMIT.fullmatch(text)
    if found is None:
        return _("by the end of the month") if text == "month_end" else _("no limit in the law")
    words = {
        "min": _("%(count)s minutes"),
        "h": _("%(count)s hours"),
        "d": _("%(count)s days"),
        "wd": _("%(count)s working days"),
    }
    return words[found[2]] % {"count": found[1]}


@register.filter
def figure(number: int | None) -> str:
    """Return a number with separators of thousands, a dash for none."""
    return "—" if number is None else f"{number:,}"


@register.filter
def yuan(fen: int | None) -> str:
    """Return fen as yuan with separators of thousands, a dash for none."""
    if fen is None:
        return "—"
    whole, _dot, rest = tally.yuan(fen).partition(".")
    return f"{int(whole):,}.{rest}"


@register.filter
def defanged(text: str) -> str:
    """Return a name or URL so that no program makes a link of it."""
    return text.replace("http", "hxxp", 1).replace(".", "[.]") if text.startswith("http") else text.replace(".", "[.]")


@register.filter
def sentences(evidence: Mapping[str, object]) -> list[str]:
    """Return in short sentences why a look says what it says; what an edge sent as evidence may have any shape."""
    answers = evidence.get("answers")
    parts = [evidence, *(one for one in answers if isinstance(one, dict))] if isinstance(answers, list) else [evidence]
    found = []
    for part in parts:
        url, why = part.get("url"), part.get("why")
        if isinstance(why, str) and why:
            found.append(f"{defanged(url[:200])}: {why[:300]}" if isinstance(url, str) else why[:300])
    return found


@register.filter
def hexed(octets: bytes) -> str:
    """Return octets as hexadecimal text."""
    return bytes(octets).hex()


@register.filter
def plain(octets: bytes) -> str:
    """Return octets that are text as text."""
    return bytes(octets).decode()


@register.filter
def fact_name(fact: str) -> str:
    """Return what a fact a law grades on is called."""
    return term(fact, "fact")


@register.filter
def fact_figure(fact: str, count: int) -> str:
    """Return the figure of a fact with its unit where it is money."""
    return _("%(yuan)s yuan") % {"yuan": yuan(count)} if fact.endswith("_fen") else figure(count)


@register.filter
def sourced(source: Mapping[str, Any]) -> str:
    """Return in words what an edge read from one source, and up to when."""
    last = source.get("last")
    seen = at(datetime.fromisoformat(last)) if last else _("no row yet")
    return _("%(file)s: %(rows)s rows, to %(last)s") % {
        "file": source.get("file", ""),
        "rows": figure(source.get("rows", 0)),
        "last": seen,
    }


@register.filter
def member(values: Mapping[str, str], key: str) -> str:
    """Return one member of a mapping, nothing where there is none."""
    return values.get(key, "")


@register.filter
def rows_of(filled: Filled, key: str) -> int:
    """Return how many lines the box of a field needs."""
    text = filled.values.get(key, "")
    return max(1, min(8, sum(1 + len(line) // 40 for line in text.splitlines())))


@register.filter
def form_name(form: str) -> str:
    """Return what a form of the law is called."""
    number = form.removeprefix("annex")
    if not number.isdecimal() or not 0 < int(number) <= len(NUMERALS):
        return form
    return _("Annex %(number)s") % {"number": NUMERALS[int(number) - 1] if is_chinese() else number}
