"""单位: contacts and delegations, and how a person is reached: what a party keeps of itself."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cleannet.core.terms import CONTACTS, Term
from cleannet.hub.parties import actions, contacts, queries
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, WRITE, Asked, allowed

DETAILS = ("name", "phone", "mail")


@allowed("read")
def parties(request: Asked) -> HttpResponse:
    """List the parties the viewer may see, by role, and who may act for whom."""
    viewer = request.viewer
    context = {
        "parties": queries.parties(viewer),
        "delegations": queries.delegations(viewer),
        "delegable": [
            (law, rule, delegate)
            for law in queries.laws(now=request.now)
            for rule in law.duties
            if rule.delegate and rule.owes == f"role:{viewer.role}"
            for delegate in queries.parties(viewer).filter(role=rule.delegate)
        ],
    }
    return render(request, "web/parties.html", context)


@allowed("read")
def party(request: Asked, code: str) -> HttpResponse:
    """Show a party with its contacts, as far as the viewer may see them."""
    viewer = request.viewer
    found = queries.seen(viewer, code)
    context = {"party": found, "contacts": _rows(contacts.contacts(viewer, code)), "mine": code == viewer.party}
    return render(request, "web/party.html", context)


@allowed("administer", *FORM)
def change_contacts(request: Asked) -> HttpResponse:
    """Name the viewer's own contacts anew."""
    viewer, now = request.viewer, request.now
    known = contacts.contacts(viewer, viewer.party)
    given = {
        part: {name: request.POST.get(f"{part}-{name}", getattr(known.get(part), name, "")) for name in DETAILS}
        for part in CONTACTS
    }

    def act() -> None:
        named = {part: contacts.Reached(**one) for part, one in given.items() if any(one.values())}
        changed_at = typed.moment(request.POST.get("changed_at", ""))
        contacts.change(viewer=viewer, given=named, changed_at=changed_at, now=now)

    return stepping.step(
        request,
        "web/contacts.html",
        act,
        lambda: {"rows": [(term, given[part]) for part, term in CONTACTS.items()]},
        done=_("The contacts are changed; report them to MIIT now."),
        to="party",
        code=viewer.party,
    )


@allowed("administer", *WRITE)
def report_contacts(request: Asked) -> HttpResponse:
    """Report the viewer's own contacts to whom it is owed."""
    viewer = request.viewer
    return stepping.button(
        request,
        lambda: contacts.report(viewer=viewer, now=request.now),
        done=_("The contacts are reported."),
        to="party",
        code=viewer.party,
    )


@allowed("administer", *WRITE)
def delegate(request: Asked) -> HttpResponse:
    """Record that another party may do what a rule asks of the viewer's own."""
    policy, _sep, rest = request.POST.get("what", "").partition(" ")
    rule, _sep, code = rest.partition(" ")
    return stepping.button(
        request,
        lambda: actions.delegate(
            policy=policy, rule=rule, delegate=code, actor=queries.actor_of(request.viewer), now=request.now
        ),
        done=_("The delegation is recorded."),
        to="parties",
    )


@allowed("administer", *WRITE)
def end_delegation(request: Asked, number: int) -> HttpResponse:
    """End a delegation of the viewer's own party."""
    return stepping.button(
        request,
        lambda: actions.end_delegation(number=number, actor=queries.actor_of(request.viewer), now=request.now),
        done=_("The delegation is ended."),
        to="parties",
    )


@allowed("read", *FORM)
def details(request: Asked) -> HttpResponse:
    """Let a person say how to be reached, which the forms print."""
    viewer = request.viewer
    me = queries.person(viewer)
    return stepping.step(
        request,
        "web/details.html",
        lambda: actions.set_details(
            person=viewer.person, phone=request.POST.get("phone", ""), mail=request.POST.get("mail", "")
        ),
        lambda: {"me": me},
        done=_("Your details are kept; forms that you fill in print them."),
        to="details",
    )


def _rows(known: Mapping[str, contacts.Contact]) -> list[tuple[Term, contacts.Contact | None]]:
    return [(term, known.get(part)) for part, term in CONTACTS.items()]
