"""Small authoritative servers on several addresses of loopback, all on one port, as in the real tree of names."""

from collections.abc import Mapping
from contextlib import ExitStack

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest
from tests.probe.servers import Reply, serving

from cleannet.probe import authority
from cleannet.probe.answer import Answer, Server

HOST = "c2.evil.example"
ROOT, PARENT, CHILD, OTHER = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
SOA = "@ 5 IN SOA ns.invalid. h.invalid. 1 300 60 600 5\n"
TOP = {ROOT: (".", f"example. 5 IN NS ns.example.\nns.example. 5 IN A {PARENT}\n")}
DELEGATED = {
    PARENT: (
        "example.",
        f"evil 5 IN NS ns1.evil\nevil 5 IN NS ns2.evil\nns1.evil 5 IN A {CHILD}\nns2.evil 5 IN A {OTHER}\n",
    )
}


def authoritative(origin: str, text: str) -> Reply:
    """Answer as a server of one zone: with its own data, or with a referral and glue."""
    zone = dns.zone.from_text(SOA + text, origin, relativize=False, check_origin=False)

    def reply(query: dns.message.Message) -> dns.message.Message:
        name, kind = query.question[0].name, query.question[0].rdtype
        answer = dns.message.make_response(query)
        for cut in sorted(zone.nodes):
            servers = zone.get_rrset(cut, "NS")
            if servers is not None and cut != zone.origin and name.is_subdomain(cut):
                answer.authority.append(servers)
                glue = [zone.get_rrset(record.target, "A") for record in servers if record.target in zone.nodes]
                answer.additional += [rrset for rrset in glue if rrset is not None]
                return answer
        answer.flags |= dns.flags.AA
        found = zone.get_rrset(name, kind) or zone.get_rrset(name, "CNAME")
        if found is not None:
            answer.answer.append(found)
        elif not any(node.is_subdomain(name) for node in zone.nodes):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    return reply


def saying(code: str) -> Reply:
    """Answer every question with a code, or not at all."""

    def reply(query: dns.message.Message) -> dns.message.Message | None:
        if code == "silence":
            return None
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.from_text(code))
        return answer

    return reply


def look(servers: Mapping[str, Reply], host: str = HOST, roots: tuple[str, ...] = (ROOT,)) -> Answer:
    with ExitStack() as running:
        port = 0
        for address, reply in servers.items():
            port = running.enter_context(serving(reply, address, port))
        return authority.look([Server("root", address, port) for address in roots], host, timeout=0.3)


def tree(**named: Reply) -> dict[str, Reply]:
    """Return the servers of a root, of `example` that delegates, and of `evil.example` on two servers as given."""
    found = {address: authoritative(*zone) for address, zone in {**TOP, **DELEGATED}.items()}
    return {
        **found,
        **{{"child": CHILD, "other": OTHER, "parent": PARENT}[name]: reply for name, reply in named.items()},
    }


def zone(text: str = "c2 5 IN A 192.0.2.80\n") -> Reply:
    return authoritative("evil.example.", text)


@pytest.mark.parametrize(
    ("child", "other", "verdict"),
    [
        (zone(), zone(), "still_there"),
        (zone("c2 5 IN AAAA 2001:db8::80\n"), zone(""), "still_there"),
        (zone("c2 5 IN CNAME cdn.example.net.\n"), zone(""), "still_there"),
        (zone(""), zone(), "still_there"),
        (saying("silence"), zone(), "still_there"),
        (zone(""), zone(""), "gone"),
        (zone("below.c2 5 IN TXT x\n"), zone(""), "gone"),
        (zone(""), saying("silence"), "unknown"),
        (zone(""), saying("REFUSED"), "unknown"),
        (saying("SERVFAIL"), zone(""), "unknown"),
        (saying("silence"), saying("silence"), "unknown"),
        (saying("SERVFAIL"), saying("REFUSED"), "unknown"),
        # Whoever answers without authority says nothing, whatever he says.
        (saying("NXDOMAIN"), saying("NOERROR"), "unknown"),
    ],
)
def test_every_authoritative_server_is_asked_and_the_worst_answer_counts(
    child: Reply, other: Reply, verdict: str
) -> None:
    seen = look(tree(child=child, other=other))
    assert (seen.kind, seen.vantage, seen.verdict) == ("authority", "evil.example.", verdict)
    asked = [str(one["server"]) for one in answers(seen)]
    assert [sum(address in one for one in asked) > 0 for address in (ROOT, PARENT, CHILD, OTHER)] == [True] * 4


def answers(seen: Answer) -> list[dict[str, str]]:
    found = seen.evidence["answers"]
    assert isinstance(found, list)
    return found


def test_without_a_delegation_the_name_is_gone_though_its_old_servers_still_answer() -> None:
    seen = look(tree(parent=authoritative("example.", ""), child=zone(), other=zone()))
    assert (seen.vantage, seen.verdict) == ("example.", "gone")
    last = answers(seen)[-1]
    assert (last["server"].split(":")[0], last["said"]) == (f"ns.example. ({PARENT}", "NXDOMAIN")


def test_one_parent_that_still_delegates_is_enough() -> None:
    servers = {
        ROOT: authoritative("example.", ""),
        PARENT: authoritative(*DELEGATED[PARENT]),
        CHILD: zone(),
        OTHER: zone(),
    }
    assert look(servers, roots=(ROOT, PARENT)).verdict == "still_there"
    assert look({ROOT: saying("SERVFAIL")}).verdict == "unknown"


def test_a_name_server_without_glue_is_looked_up() -> None:
    top = f"example. 5 IN NS ns.example.\nns.example. 5 IN A {PARENT}\nnet. 5 IN NS ns.net.\nns.net. 5 IN A {OTHER}\n"
    servers = {
        ROOT: authoritative(".", top),
        PARENT: authoritative("example.", "evil 5 IN NS dns.host.net.\n"),
        OTHER: authoritative("net.", f"dns.host 5 IN A {CHILD}\n"),
        CHILD: zone(),
    }
    seen = look(servers)
    assert (seen.vantage, seen.verdict) == ("evil.example.", "still_there")
    assert any(one["name"] == "dns.host.net." and one["said"] == CHILD for one in answers(seen))


def test_addresses_of_foreign_names_are_not_taken_from_a_referral() -> None:
    """A zone may say where its own name servers are, not where somebody else's are."""

    def lying(query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.authority.append(dns.rrset.from_text("evil.example.", 5, "IN", "NS", "dns.host.net."))
        answer.additional.append(dns.rrset.from_text("dns.host.net.", 5, "IN", "A", CHILD))
        return answer

    seen = look({ROOT: authoritative(*TOP[ROOT]), PARENT: lying, CHILD: zone()})
    assert seen.verdict == "unknown"
    assert not any(CHILD in one["server"] for one in answers(seen))


@pytest.mark.parametrize(
    "evil",
    [
        "evil 5 IN NS ns.evil\n",
        "evil 5 IN NS a.two\ntwo 5 IN NS b.evil\n",
        "evil 5 IN NS a.example.org.\n",
    ],
    ids=["its own server without glue", "two zones that wait for each other", "a server whose zone is not there"],
)
def test_a_delegation_that_leads_nowhere_is_unknown(evil: str) -> None:
    seen = look({ROOT: authoritative(*TOP[ROOT]), PARENT: authoritative("example.", evil)})
    assert seen.verdict == "unknown"
    assert any("no address" in one["said"] or "no further" in one["said"] for one in answers(seen))


def test_silent_servers_are_not_waited_for_without_end() -> None:
    many = "".join(f"evil 5 IN NS n{at}.evil\nn{at}.evil 5 IN A 127.0.1.{at}\n" for at in range(1, 9))
    top = authoritative(*TOP[ROOT])
    seen = look(
        {
            ROOT: top,
            PARENT: authoritative("example.", many),
            **{f"127.0.1.{at}": saying("silence") for at in range(1, 9)},
        }
    )
    assert seen.verdict == "unknown"
    assert answers(seen)[-1]["said"].startswith("no further question")
    assert len(answers(seen)) < 9


def test_an_address_that_was_seen_counts_even_when_the_time_is_over() -> None:
    many = "".join(f"evil 5 IN NS n{at}.evil\nn{at}.evil 5 IN A 127.0.1.{at}\n" for at in range(1, 9))
    servers = {f"127.0.1.{at}": saying("silence") for at in range(2, 9)} | {"127.0.1.1": zone()}
    seen = look({ROOT: authoritative(*TOP[ROOT]), PARENT: authoritative("example.", many), **servers})
    assert (seen.vantage, seen.verdict) == ("evil.example.", "still_there")


def test_from_public_roots_no_private_address_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    given = {"a": "127.0.0.1", "b": "10.0.0.1", "c": "193.0.0.1"}
    names = "".join(f"example. 5 IN NS {one}.example.\n{one}.example. 5 IN A {at}\n" for one, at in given.items())
    replies = {"198.41.0.4": authoritative(".", names)}
    replies["193.0.0.1"] = authoritative("example.", "c2.evil 5 IN A 192.0.2.80\n")

    def ask(query: dns.message.Message, where: str, *, timeout: float, port: int) -> tuple[object, bool]:
        asked.append(where)
        return replies[where](query), False

    monkeypatch.setattr(dns.query, "udp_with_fallback", ask)
    seen = authority.look([Server("a", "198.41.0.4", 53)], HOST, timeout=1)
    assert asked == ["198.41.0.4", "193.0.0.1"]
    assert seen.verdict == "still_there"
    refused = [one["server"] for one in answers(seen) if one["said"] == "not asked: no public address"]
    assert refused == ["a.example. (127.0.0.1)", "b.example. (10.0.0.1)"]


def test_where_a_server_was_left_out_nothing_is_gone() -> None:
    for count, verdict in ((authority.MOST_SERVERS, "gone"), (authority.MOST_SERVERS + 1, "unknown")):
        many = "".join(f"evil 5 IN NS n{at}.evil\nn{at}.evil 5 IN A 127.0.1.{at}\n" for at in range(1, count + 1))
        gone = {f"127.0.1.{at}": zone("") for at in range(1, count + 1)}
        seen = look({ROOT: authoritative(*TOP[ROOT]), PARENT: authoritative("example.", many), **gone})
        assert seen.verdict == verdict, count


def test_a_server_without_an_address_may_still_serve_it() -> None:
    parent = authoritative("example.", f"evil 5 IN NS a.evil\nevil 5 IN NS b.evil\na.evil 5 IN A {CHILD}\n")
    assert look(tree(parent=parent, child=zone(""))).verdict == "unknown"
