from cleannet.formats import stalkerware

TEXT = b"""\
- name: WatchAll
  names: [Other Name]
  type: stalkerware
  packages:
  - com.watch.all
  certificates:
  - 31A6ECECD97CF39BC4126B8745CD94A7C30BF81C
  websites:
  - watchall.example
  distribution:
  - 192.0.2.9
  c2:
    domains:
    - api.watchall.example
    ips:
    - 192.0.2.7
    ip:
    - 192.0.2.8
    - 10.0.0.1
    urls: [x]
- name: Second
  websites: second.example
  certificate_cname_re: ^x
  mystery: [1]
  c2:
    domains:
    - [nested]
"""


def test_each_app_is_a_program() -> None:
    contents = stalkerware.read(TEXT, "ioc.yaml")
    assert contents.format == "stalkerware"
    assert [(i.pattern.text, i.program, i.role, i.counts_as, i.line) for i in contents.indicators] == [
        ("watchall.example", "WatchAll", "distribution", "exposed", 9),
        ("192.0.2.9", "WatchAll", "distribution", "exposed", 11),
        ("api.watchall.example", "WatchAll", "control", "infected", 14),
        ("192.0.2.7", "WatchAll", "control", "infected", 16),
        ("192.0.2.8", "WatchAll", "control", "infected", 18),
        ("second.example", "Second", "distribution", "exposed", 22),
    ]
    assert [(left.line, left.code) for left in contents.left_out] == [
        (5, "not_network"),
        (7, "not_network"),
        (19, "unfit"),
        (20, "field"),
        (23, "not_network"),
        (24, "field"),
        (27, "shape"),
    ]


def test_a_list_without_names_is_not_understood() -> None:
    for text in (b"- websites: [a.example]", b"[]x", b"- a\n- b", b"\xff\xff", b""):
        contents = stalkerware.read(text, "ioc.yaml")
        assert contents.indicators == ()
        assert len(contents.left_out) == 1
