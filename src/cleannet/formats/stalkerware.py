"""Read the stalkerware YAML (ioc.yaml): a list of apps, each a program with its web sites, servers and more.

Web sites and distribution servers are where an app is handed out; names and addresses under c2 are control servers.
"""

import yaml

from cleannet.formats.contents import Collector, Contents

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment] # where PyYAML was built without libyaml

_ROLES = {
    "websites": "distribution",
    "distribution": "distribution",
    "c2.domains": "control",
    "c2.ips": "control",
    "c2.ip": "control",
}
_NOT_NETWORK = {
    "packages": "a package name is not seen in network logs",
    "certificates": "a certificate of an app is not seen in network logs",
    "certificate_organizations": "a certificate of an app is not seen in network logs",
    "certificate_cname_re": "a certificate of an app is not seen in network logs",
}
_DESCRIBE = frozenset({"name", "names", "type"})


def read(data: bytes, path: str) -> Contents:
    """Return what the YAML at `path` holds; nothing raises: what cannot be read is left out with its reason."""
    collector = Collector(path)
    try:
        root = yaml.compose(data, Loader=Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        collector.leave_out(mark.line + 1 if mark else 0, "malformed", "not YAML")
        return collector.contents("yaml")
    if not isinstance(root, yaml.SequenceNode) or not all(_name(app) for app in root.value):
        collector.leave_out(0, "shape", "this YAML is not a list of apps, each with a name")
        return collector.contents("yaml")
    for app in root.value:
        for key, value in app.value:
            _take(collector, _name(app), key.value, value)
    return collector.contents("stalkerware")


def _name(app: yaml.Node) -> str:
    if isinstance(app, yaml.MappingNode):
        for key, value in app.value:
            if key.value == "name" and isinstance(value, yaml.ScalarNode):
                return str(value.value).strip()
    return ""


def _take(collector: Collector, program: str, field: object, value: yaml.Node) -> None:
    if field in _DESCRIBE:
        return
    if field == "c2" and isinstance(value, yaml.MappingNode):
        for key, inner in value.value:
            _take(collector, program, f"c2.{key.value}", inner)
        return
    for item in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.ScalarNode):
            collector.leave_out(line, "shape", "a single text was expected here")
        elif field in _NOT_NETWORK:
            collector.leave_out(line, "not_network", _NOT_NETWORK[str(field)])
        elif field in _ROLES:
            role = _ROLES[str(field)]
            collector.take(str(item.value), line, program, lambda _, role=role: role)  # type: ignore[misc] # bound now
        else:
            collector.leave_out(line, "field", "a field this program does not know")
