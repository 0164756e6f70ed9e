"""Read what an Android package says of itself in its binary AndroidManifest.xml.

The chunks are taken apart by apkInspector and, where it fails, by pyaxmlparser; the texts come from an own reading of
the string pool. An attribute is told by its resource number first, as its name may be empty or a lie: Android itself
does so.
"""

import importlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apkInspector.axml import ManifestStruct, XmlEndElement, XmlStartElement

from cleannet.apk.assessment import Component, Manifest
from cleannet.apk.broken import BROKEN
from cleannet.apk.pool import POOL, Pool

MOST_ELEMENTS = 20_000
COMPONENTS = {"activity": "activity", "activity-alias": "activity", "service": "service", "receiver": "receiver"} | {
    "provider": "provider"
}
# The attributes that matter, by their number in the framework's public resources.
_ATTRIBUTES = {
    0x01010001: "label",
    0x01010003: "name",
    0x01010006: "permission",
    0x01010009: "protectionLevel",
    0x0101000E: "enabled",
    0x0101000F: "debuggable",
    0x01010010: "exported",
    0x01010024: "value",
    0x0101001C: "priority",
    0x01010027: "scheme",
    0x01010028: "host",
    0x01010202: "targetActivity",
    0x0101020C: "minSdkVersion",
    0x0101021B: "versionCode",
    0x0101021C: "versionName",
    0x01010270: "targetSdkVersion",
    0x01010280: "allowBackup",
}
_NUMBERED = frozenset(_ATTRIBUTES.values())
_REFERENCE, _TEXT, _DECIMAL, _BOOLEAN = 1, 3, 16, 18


class NotRead(ValueError):
    """Say why no manifest can be read out of the bytes."""


@dataclass(frozen=True, slots=True)
class Element:
    """Hold one element: its depth (the root has 0), its tag and its attributes by bare name."""

    depth: int
    tag: str
    attributes: Mapping[str, str]


def read(data: bytes) -> Manifest:
    """Return the manifest in the bytes of an AndroidManifest.xml; raise NotRead where no reader finds an element."""
    problems: list[str] = []
    for name, elements_of in _READERS:
        try:
            elements = elements_of(data)
        except BROKEN as error:
            problems.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
            continue
        if any(element.tag == "manifest" for element in elements):
            return _manifest(elements, [*problems, *_odd(data, elements)])
        problems.append(f"{name}: no element “manifest”")
    raise NotRead("; ".join(problems))


def _by_apk_inspector(data: bytes) -> list[Element]:
    told = ManifestStruct.parse(io.BytesIO(data))
    pool = Pool(data, 8)
    texts = list(pool.texts()) if pool.count else told.string_pool.string_list
    numbers = told.resource_map.resids
    elements: list[Element] = []
    depth = 0
    for one in told.elements:
        if len(elements) >= MOST_ELEMENTS:
            break
        if isinstance(one, XmlStartElement):
            attributes: dict[str, str] = {}
            for attribute in one.attributes:
                name = _attribute_name(attribute.name_index, numbers, texts)
                kind, value = attribute.typed_value_datatype, attribute.typed_value_data
                attributes.setdefault(name, _written(kind, value, attribute.raw_value_index, texts))
            elements.append(Element(depth, _at(texts, one.attrext[1]), attributes))
            depth += 1
        elif isinstance(one, XmlEndElement):
            depth = max(depth - 1, 0)
    return elements


def _by_pyaxmlparser(data: bytes) -> list[Element]:
    # Its import takes longer than most samples do, and it is hardly ever needed.
    parser = importlib.import_module("pyaxmlparser.axmlparser").AXMLParser(data)
    start, end, over = 2, 3, 1
    elements: list[Element] = []
    depth = 0
    while (mark := next(parser)) != over and len(elements) < MOST_ELEMENTS and parser.is_valid():
        if mark == start:
            attributes = {_bare(name): value for name, value in _pyaxml_attributes(parser)}
            elements.append(Element(depth, str(parser.name), attributes))
            depth += 1
        elif mark == end:
            depth = max(depth - 1, 0)
    return elements


def _pyaxml_attributes(parser: Any) -> Iterator[tuple[str, str]]:
    for index in range(parser.getAttributeCount()):
        kind, value = parser.getAttributeValueType(index), parser.getAttributeValueData(index)
        text = str(parser.getAttributeValue(index))
        yield str(parser.getAttributeName(index)), text if kind == _TEXT else _written(kind, value, -1, ())


_READERS: Sequence[tuple[str, Callable[[bytes], list[Element]]]] = (
    ("apkInspector", _by_apk_inspector),
    ("pyaxmlparser", _by_pyaxmlparser),
)


def _attribute_name(index: int, numbers: Sequence[int], texts: Sequence[str]) -> str:
    number = numbers[index] if index < len(numbers) else 0
    written = _bare(_at(texts, index))
    if number in _ATTRIBUTES:
        return _ATTRIBUTES[number]
    # A name that only looks like one of the framework's is not what Android heeds.
    return f"other:{written}" if number and written in _NUMBERED else written


def _bare(name: str) -> str:
    return name.rpartition(":")[2]


def _at(texts: Sequence[str], index: int) -> str:
    return texts[index] if 0 <= index < len(texts) else ""


def _written(kind: int, value: Any, raw: int, texts: Sequence[str]) -> str:
    """Return an attribute's value as text: booleans true and false, references @7f0b0001, numbers in decimal."""
    if kind == _TEXT:
        return _at(texts, value) or _at(texts, raw)
    if kind == _REFERENCE:
        return f"@{value:08x}"
    if kind == _BOOLEAN:
        return "true" if value else "false"
    return str(value - 2**32 if kind == _DECIMAL and value >= 2**31 else value)


def _odd(data: bytes, elements: Sequence[Element]) -> Iterator[str]:
    """Yield a sentence for each way in which the file deviates from what Android's own tool writes."""
    kind, size = int.from_bytes(data[:2], "little"), int.from_bytes(data[4:8], "little")
    if kind != 3:
        yield f"the manifest's kind is {kind:#06x}, not 0x0003"
    if size != len(data):
        yield f"the manifest says it has {size} bytes, it has {len(data)}"
    if int.from_bytes(data[8:10], "little") != POOL:
        yield "the manifest does not begin with its texts"
    if elements[0].tag != "manifest":
        yield f"the manifest's first element is “{elements[0].tag[:60]}”"
    if sum(element.tag == "manifest" for element in elements) > 1:
        yield "there is more than one element “manifest”"
    if len(elements) >= MOST_ELEMENTS:
        yield f"only the first {MOST_ELEMENTS} elements are read"


@dataclass(slots=True)
class _Found:
    """Collect what the elements say, in their order."""

    permissions: list[str] = field(default_factory=list)
    defined: list[str] = field(default_factory=list)
    components: list[list[Element]] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)


def _manifest(elements: Sequence[Element], problems: Sequence[str]) -> Manifest:
    root = next(element.attributes for element in elements if element.tag == "manifest")
    application = next((element.attributes for element in elements if element.tag == "application"), {})
    sdk = next((element.attributes for element in elements if element.tag == "uses-sdk"), {})
    package = root.get("package", "")
    found = _Found()
    inside = -1
    for element in elements:
        name = element.attributes.get("name", "")
        if element.depth <= inside:
            inside = -1
        if element.tag in COMPONENTS and inside < 0:
            inside = element.depth
            found.components.append([element])
        elif inside >= 0:
            found.components[-1].append(element)
        if element.tag in ("uses-permission", "uses-permission-sdk-23", "uses-permission-sdk-m") and name:
            found.permissions.append(name)
        elif element.tag == "permission" and name:
            found.defined.append(name)
        elif element.tag == "meta-data" and name:
            found.metadata.append((name, element.attributes.get("value", element.attributes.get("resource", ""))))
    return Manifest(
        package=package,
        label=application.get("label", ""),
        version_name=root.get("versionName", ""),
        version_code=root.get("versionCode", ""),
        min_sdk=sdk.get("minSdkVersion", ""),
        target_sdk=sdk.get("targetSdkVersion", ""),
        application=_full(application.get("name", ""), package),
        debuggable=application.get("debuggable") == "true",
        permissions=tuple(dict.fromkeys(found.permissions)),
        defined_permissions=tuple(dict.fromkeys(found.defined)),
        components=tuple(_component(group, package) for group in found.components),
        metadata=tuple(found.metadata),
        problems=tuple(problems),
    )


def _component(group: Sequence[Element], package: str) -> Component:
    own = group[0].attributes
    named = [(element.tag, element.attributes.get("name", "")) for element in group[1:]]
    priorities = [element.attributes.get("priority", "") for element in group if element.tag == "intent-filter"]
    exported = own.get("exported")
    return Component(
        kind=COMPONENTS[group[0].tag],
        name=_full(own.get("targetActivity") or own.get("name", ""), package),
        exported=None if exported is None else exported == "true",
        enabled=own.get("enabled", "true") != "false",
        permission=own.get("permission", ""),
        actions=tuple(dict.fromkeys(name for tag, name in named if tag == "action" and name)),
        categories=tuple(dict.fromkeys(name for tag, name in named if tag == "category" and name)),
        priority=max((int(text) for text in priorities if text.lstrip("-").isdecimal()), default=0),
    )


def _full(name: str, package: str) -> str:
    """Return a class name in full: one that begins with a dot, or has none, stands in the package."""
    if name.startswith("."):
        return f"{package}{name}"
    return f"{package}.{name}" if name and "." not in name else name
