import pytest

from cleannet.hub import accepted
from cleannet.hub.accepted import Accepts

CASES: list[tuple[Accepts, list[str], list[str]]] = [
    (accepted.anything, ["", "x y"], []),
    (accepted.something, ["var"], [""]),
    (accepted.one_of("DEBUG", "INFO"), ["INFO", "info"], ["", "LOUD"]),
    (accepted.code, ["hub", "CN-1"], ["", "a|b", "a b", "-a", "a" * 33]),
    (accepted.party, ["cncert", "op-1"], ["", "A", "a|b", "a b", "a"]),
    (accepted.role({"miit", "cncert"}), ["miit"], ["", "MIIT", "king"]),
    (accepted.hosts, ["a.example", "127.0.0.1,localhost", "*", ".example", "[::1]"], ["", "http://a", "a b", ","]),
    (accepted.origins, ["", "https://a.example, http://b:8000"], ["a.example", "ftp://a", "https://", "https://a/b"]),
    (accepted.header, ["", "X-Forwarded-Proto"], ["X Forwarded", "X_Proto:"]),
    (accepted.networks, ["", "10.0.0.1", "10.0.0.0/8, fd00::/8"], ["proxy", "10.0.0.1/8", "10.0.0"]),
    (accepted.bound, ["127.0.0.1:8000", "[::1]:80", "localhost:1", "unix:/run/x"], ["", ":80", "a", "a:0", "a:65536"]),
    (accepted.server, ["", "192.0.2.1:53", "[::1]:53"], ["192.0.2.1", "ns.example:53", "192.0.2.1:x", "192.0.2.1:²"]),
    (accepted.servers, ["", "甲=192.0.2.1:53, b=[::1]:5353"], ["192.0.2.1:53", "=192.0.2.1:53", "a=b", "a=192.0.2.1"]),
    (accepted.servers, [""], ["op1/甲=192.0.2.1:53", "a=192.0.2.1:53, a=192.0.2.2:53", f"{'a' * 61}=192.0.2.1:53"]),
    (
        accepted.resolvers,
        ["", "甲=192.0.2.1:53", "op1/甲=192.0.2.1:53, op2/甲=192.0.2.2:53,甲=[::1]:53"],
        [
            *("192.0.2.1:53", "op1/=192.0.2.1:53", "/甲=192.0.2.1:53", "OP/甲=192.0.2.1:53", "op1/a/b=192.0.2.1:53"),
            *("op1/a=192.0.2.1:53, op1/a=192.0.2.2:53", "op1/a=ns.example:53"),
        ],
    ),
    (
        accepted.whois_servers,
        ["", "cn=whois.cnnic.cn:43", "cn=127.0.0.1:43, com.cn=[::1]:43"],
        ["cn", "cn=whois.cnnic.cn", "=a:43", "cn=a:0", "cn=a:43, cn=b:43", "cn=a b:43"],
    ),
    (
        accepted.web_address,
        ["", "https://data.iana.org/rdap/dns.json", "http://127.0.0.1:80/x"],
        ["data.iana.org/rdap", "https://", "https://data.iana.org", "ftp://a/b"],
    ),
    (accepted.address_files, ["", "/a/v4.xdb, b.ipdb"], ["/a/b.mmdb", "a.xdb,b"]),
    (
        accepted.egresses,
        ["", "甲=default", "op1/甲=192.0.2.7, 乙=2001:db8::7"],
        ["default", "甲=eth0", "/甲=default", "甲=default,甲=192.0.2.7"],
    ),
    (accepted.contact, ["", "abuse@hub.example"], ["a\r\nX-Evil: 1", "a b", "联系", "x" * 201]),
    (accepted.names_and_networks, ["", "a.example, 10.0.0.0/8,192.0.2.1"], ["a..b", "http://a.example"]),
    (accepted.page, ["", "https://rdap.example/x", "http://127.0.0.1:8080"], ["rdap.example", "ftp://a", "https://"]),
    (accepted.days, ["", "1,3, 30"], ["0", "31", "1,1", "-1", "x"]),
    (accepted.domain, ["rpz.cleannet.", "a", "_x.b"], ["", ".", "a..b", "a b", "a" * 64, "a." * 127 + "a."]),
    (accepted.domain_or_nothing, ["", "bulk.cleannet."], [".", "a b"]),
    (accepted.folder, ["", "/var/lib/rpz"], ["rpz", "./rpz"]),
    (accepted.base64_text, ["", "c2VjcmV0"], ["secret!", "abc"]),
]


@pytest.mark.parametrize(("accepts", "text"), [(accepts, text) for accepts, good, _ in CASES for text in good])
def test_what_is_right_is_accepted(accepts: Accepts, text: str) -> None:
    assert accepts(text) == ""


@pytest.mark.parametrize(("accepts", "text"), [(accepts, text) for accepts, _, bad in CASES for text in bad])
def test_what_is_not_is_told_what_to_write(accepts: Accepts, text: str) -> None:
    assert accepts(text).split()[0] in ("write", "it")
