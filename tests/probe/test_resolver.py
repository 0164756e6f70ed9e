import time
from contextlib import ExitStack

import dns.message
import dns.rcode
import pytest
from tests.probe.servers import HOST, naming, serving

from cleannet.probe import resolver
from cleannet.probe.answer import Server


def soon(seconds: float = 2) -> float:
    return time.monotonic() + seconds


def test_gone_is_the_name_and_what_lies_below_it() -> None:
    with naming({HOST: "198.51.100.7", "alone.example": "", "v6.example": "2001:db8::7"}) as server:
        seen = {
            host: resolver.look(server, host, timeout=1).verdict
            for host in (HOST, "alone.example", "v6.example", "none.example")
        }
    assert seen == {
        HOST: "still_there",
        "alone.example": "gone",
        "v6.example": "still_there",
        "none.example": "gone",
    }


@pytest.mark.parametrize(("code", "verdict"), [("SERVFAIL", "unknown"), ("REFUSED", "unknown"), ("silence", "unknown")])
def test_a_failure_says_nothing(code: str, verdict: str) -> None:
    def reply(query: dns.message.Message) -> dns.message.Message | None:
        if code == "silence":
            return None
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.from_text(code))
        return answer

    with serving(reply) as port:
        server = Server("r", "127.0.0.1", port)
        assert resolver.look(server, HOST, timeout=0.3).verdict == verdict
        assert resolver.addresses([server], HOST, until=soon(), timeout=0.3)[:2] == ("unknown", [])


def test_the_first_resolver_that_says_anything_tells_the_addresses() -> None:
    with ExitStack() as stack:
        dead = Server("dead", "127.0.0.1", 1)
        good = stack.enter_context(naming({HOST: "198.51.100.7 2001:db8::7", "none.example": ""}))
        assert resolver.addresses([dead, good], HOST, until=soon(), timeout=0.2)[:2] == (
            "still_there",
            ["198.51.100.7", "2001:db8::7"],
        )
        verdict, found, said = resolver.addresses([good], "none.example", until=soon(), timeout=1)
        assert (verdict, found) == ("gone", [])
        assert "NODATA" in said
    assert resolver.addresses([], HOST, until=soon(), timeout=1) == ("unknown", [], "no resolver is set")


def test_of_very_many_addresses_only_the_first_are_kept() -> None:
    many = " ".join(f"198.51.{third}.{last}" for third in (100, 101) for last in range(1, 20))
    with naming({HOST: many}) as server:
        assert len(resolver.addresses([server], HOST, until=soon(), timeout=1)[1]) == resolver.MOST_ADDRESSES


def test_however_many_resolvers_keep_silent_the_time_is_kept() -> None:
    with serving(lambda _: None) as port:
        silent = [Server(str(one), "127.0.0.1", port) for one in range(4)]
        begun = time.monotonic()
        assert resolver.addresses(silent, HOST, until=soon(0.4), timeout=0.3)[:2] == ("unknown", [])
        assert time.monotonic() - begun < 0.7
