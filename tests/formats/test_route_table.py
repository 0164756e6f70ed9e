import pytest

from cleannet.formats import route_table


@pytest.mark.parametrize(
    ("text", "kind", "rows"),
    [
        (
            "prefix,party,province\n# ours\n198.51.100.0/24,op1,32\n\n2001:db8::/32,op2,\n203.0.113.7,op1,",
            "network",
            [("198.51.100.0/24", "op1", "32", 3), ("2001:db8::/32", "op2", "", 5), ("203.0.113.7", "op1", "", 6)],
        ),
        (
            "carrier,party,province\n电信,op1,\n电信,op1-js,32",
            "carrier",
            [("电信", "op1", "", 2), ("电信", "op1-js", "32", 3)],
        ),
        (
            'registrar,party\n1234,rr\n"Example  Registrar, Ltd.",rr',
            "registrar",
            [("1234", "rr", "", 2), ("example registrar, ltd.", "rr", "", 3)],
        ),
        ("suffix,party\n.CN,reg\n中国,reg", "registry", [("cn", "reg", "", 2), ("xn--fiqs8s", "reg", "", 3)]),
        ("domain,party\nEvil.Example.COM.,rr", "domain", [("evil.example.com", "rr", "", 2)]),
        (
            "host,party\ngithub.io,idc\n198.51.100.0/24,idc",
            "host",
            [("github.io", "idc", "", 2), ("198.51.100.0/24", "idc", "", 3)],
        ),
        ("\ufeffprefix,party\r\n198.51.100.0/24,op1\r\n", "network", [("198.51.100.0/24", "op1", "", 2)]),
    ],
)
def test_the_header_says_which_table_it_is(text: str, kind: str, rows: list[tuple[str, str, str, int]]) -> None:
    found = route_table.read(text.encode())
    assert (found.kind, found.wrong) == (kind, ())
    assert [(row.what, row.party, row.province, row.line) for row in found.rows] == rows


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    text = (
        "prefix,party,province\n198.51.100.0/24,op1,32\n198.51.100.1/24,op1,32\nnonsense,op1,32\n203.0.113.0/24,,32\n"
        "192.0.2.0/24,op1,99\n198.51.100.0/24,op2,32\n192.0.2.0/25,op1\n"
    )
    found = route_table.read(text.encode())
    assert [(one.line, one.sentence.split(":")[0]) for one in found.wrong] == [
        (3, "“198.51.100.1/24” is no network"),
        (4, "“nonsense” is no network"),
        (5, "no party"),
        (6, "“99” is no province of GB/T 2260"),
        (7, "198.51.100.0/24 stands on line 2 already"),
        (8, "2 columns instead of 3"),
    ]
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("data", "line", "sentence"),
    [
        (b"", 1, "the header is none of"),
        (b"name,party\nx,y\n", 1, "the header is none of"),
        (b"registrar,party,province\n", 1, "the header is none of"),
        (b"prefix,party\n\xff\xfe", 2, "not UTF-8 text"),
        (b'prefix,party\n"1,op1\n', 2, "not CSV"),
        (b"domain,party\n198.51.100.1,op1\n", 2, "“198.51.100.1” is no domain name"),
        (b"domain,party\nhttp://x.example/,op1\n", 2, "is no domain name"),
        (b"registrar,party\n ,rr\n", 2, "no registrar"),
        (b"registrar,party\na\0b,rr\n", 2, "signs that cannot be printed"),
    ],
)
def test_what_is_no_table_says_so(data: bytes, line: int, sentence: str) -> None:
    (wrong,) = route_table.read(data).wrong
    assert wrong.line == line
    assert sentence in wrong.sentence
