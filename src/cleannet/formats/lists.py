"""Read a list of indicators of whatever known format: plain, maltrail's, stalkerware YAML or STIX 2.

A plain list holds one indicator a line, `#` begins a comment, and the lines `# program: NAME` and `# role: control`
(or `distribution`, `domain`) say what follows; a hosts file is a plain list. Without them the program is the file's
name (or its folder's, where the file is named only domains, hosts, …) and the role is control.

Maltrail names the family in the file name (android_FAMILY.txt) and not the role: a URL or path that ends in .apk is
where a program is handed out, everything else is a control server.
"""

import re
from datetime import datetime
from pathlib import PurePath

from cleannet.core.indicator import Pattern
from cleannet.core.terms import RESOURCES
from cleannet.formats import stalkerware, stix
from cleannet.formats.contents import Collector, Contents, without_comments

# What a list of indicators is called; in a folder, whatever is called otherwise is no list.
SUFFIXES = frozenset({".txt", ".list", ".lst", ".domains", ".hosts", ".yaml", ".yml", ".stix2", ".stix", ".json"})
_MALTRAIL = re.compile(r"android_(.+)\.txt", re.IGNORECASE)
_SAYS_NOTHING = frozenset(
    {
        "domain",
        "domains",
        "host",
        "hosts",
        "ip",
        "ips",
        "ip-addresses",
        "url",
        "urls",
        "list",
        "blocklist",
        "indicators",
    }
)
_DIRECTIVE = re.compile(r"#\s*(program|role)\s*:\s*(\S.*?)\s*", re.IGNORECASE)
_HOSTS_LINE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)")


def read(data: bytes, path: str, moment: datetime) -> Contents:
    """Return what the list at `path` holds; `moment` (aware) decides what has expired. Nothing raises: what cannot be
    read is left out with its reason.
    """
    name = PurePath(path)
    if name.suffix.lower() in (".yaml", ".yml"):
        return stalkerware.read(data, path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _nothing(path, "encoding", "the list is not UTF-8 text")
    if "\0" in text:
        return _nothing(path, "encoding", "the list is not text")
    if text.lstrip()[:1] in ("{", "["):
        return stix.read(text, path, moment)
    maltrail = _MALTRAIL.fullmatch(name.name)
    if maltrail:
        return _maltrail(text, path, maltrail[1].lower())
    return _plain(text, path, name.parent.name if name.stem.lower() in _SAYS_NOTHING else name.stem)


def _nothing(path: str, code: str, reason: str) -> Contents:
    collector = Collector(path)
    collector.leave_out(0, code, reason)
    return collector.contents("unknown")


def _maltrail(text: str, path: str, family: str) -> Contents:
    collector = Collector(path)
    for number, written in without_comments(text.split("\n")):
        collector.take(written, number, family, _maltrail_role)
    return collector.contents("maltrail")


def _maltrail_role(pattern: Pattern) -> str:
    path = pattern.target.partition("?")[0]
    return "distribution" if path.lower().endswith(".apk") else "control"


def _plain(text: str, path: str, program: str) -> Contents:
    collector = Collector(path)
    role = "control"
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            for _, written in without_comments([line]):
                hosts = _HOSTS_LINE.fullmatch(written)
                collector.take(hosts[1] if hosts else written, number, program, lambda _, role=role: role)  # type: ignore[misc] # bound now
        elif directive[1].lower() == "program":
            program = directive[2]
        elif directive[2].lower() in RESOURCES:
            role = directive[2].lower()
        else:
            collector.leave_out(number, "role", f"no such role; the roles are {', '.join(RESOURCES)}")
    return collector.contents("plain")
