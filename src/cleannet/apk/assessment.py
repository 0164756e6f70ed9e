"""The result of looking at one sample: one tree of frozen values and its JSON form, schema 1.

The JSON form has the names of the fields; docs/apk.md describes it. It is written in the jail and read outside of it,
so reading trusts nothing: a shape that is not the tree's is refused, texts are bounded and stripped of what no terminal
or database takes.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

SCHEMA = 1
MOST_TEXT, MOST_ITEMS = 4_000, 100_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Digests:
    """Hold the digests of the whole file, in lower-case hexadecimal; `tlsh` is "" for what is too small or too even."""

    md5: str
    sha1: str
    sha256: str
    tlsh: str


@dataclass(frozen=True, slots=True)
class Component:
    """Hold a component: its kind, full class name, whether others may start it, its permission and its intents.

    `exported` is None where the manifest does not say; `priority` is the highest of its intent filters.
    """

    kind: str
    name: str
    exported: bool | None = None
    enabled: bool = True
    permission: str = ""
    actions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold what the manifest says; `label` is a text or a reference as @7f0b0001, sdks are texts as written."""

    package: str = ""
    label: str = ""
    version_name: str = ""
    version_code: str = ""
    min_sdk: str = ""
    target_sdk: str = ""
    application: str = ""
    debuggable: bool = False
    permissions: tuple[str, ...] = ()
    defined_permissions: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold one certificate: digests of its DER in hexadecimal, names as RFC 4514 texts, times as ISO 8601 in UTC.

    What could not be read is empty. `schemes` are those it stands in; `public_key_of` names the public key of Android
    that it belongs to, "" ordinarily.
    """

    sha1: str
    sha256: str
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    not_before: str = ""
    not_after: str = ""
    key: str = ""
    schemes: tuple[str, ...] = ()
    public_key_of: str = ""


@dataclass(frozen=True, slots=True)
class Signing:
    """Hold who signed: the schemes that are there, the certificates in their order, what could not be read."""

    schemes: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeFile:
    """Hold what one DEX file has: how many strings, methods, fields and classes, and what is odd about it."""

    place: str
    version: str
    size: int
    strings: int
    methods: int
    fields: int
    classes: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Hold one native library in its ordinary place, with the architecture its folder names."""

    place: str
    architecture: str
    size: int


@dataclass(frozen=True, slots=True)
class Payload:
    """Hold something that could run, where no program keeps it, told by its content: apk, dex, elf, script, archive."""

    place: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Packer:
    """Hold one packer that a sample shows signs of, and the first sign."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold one fact that met a need, with the first places it was found at."""

    kind: str
    text: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold one rule that is met, by which pieces."""

    rule: str
    zh: str
    en: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Hold one official behaviour and the evidence for it, which may be none."""

    key: str
    zh: str
    en: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Hold one address that was found (apk.addresses) and the allow-list's decision about it (core.allow).

    `verdict` is match or hold, "" for numbers and for what nobody holds; `reason`, `zh` and `en` say why.
    """

    kind: str
    text: str
    form: str
    places: tuple[str, ...]
    count: int
    verdict: str = ""
    reach: str = ""
    reason: str = ""
    zh: str = ""
    en: str = ""
    listed: str = ""
    list: str = ""


@dataclass(frozen=True, slots=True)
class NotRead:
    """Say what was not read, in which part of the assessment, and why."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hold what could be said of one sample; `not_read` says what could not, and is empty for a whole assessment.

    `kind` is apk, dex, archive, ipa or unknown. `signs` are deviations from what ordinary tools write. `behaviours` are
    all eight, in their official order. `inside` are the samples of an archive that is no package itself.
    """

    schema: int = SCHEMA
    name: str = ""
    kind: str = "unknown"
    size: int = 0
    digests: Digests | None = None
    manifest: Manifest | None = None
    signing: Signing | None = None
    entries: int = 0
    code: tuple[CodeFile, ...] = ()
    libraries: tuple[Library, ...] = ()
    payloads: tuple[Payload, ...] = ()
    packers: tuple[Packer, ...] = ()
    signs: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    inside: tuple["Assessment", ...] = ()

    @property
    def whole(self) -> bool:
        """Say whether everything was read, also of the samples inside."""
        return not self.not_read and all(one.whole for one in self.inside)


class NotAnAssessment(ValueError):
    """Say where data deviate from the shape of an assessment."""


def to_json(value: Any) -> dict[str, Any]:
    """Return a value of the tree as what JSON can write."""
    return asdict(value)


def from_json(data: object) -> Assessment:
    """Return the assessment that data hold; raise NotAnAssessment for any other shape."""
    assessment: Assessment = _read(Assessment, data, "assessment")
    return assessment


@cache
def _types_of(shape: type) -> Mapping[str, Any]:
    return typing.get_type_hints(shape)


def _read(shape: Any, data: object, at: str) -> Any:
    """Return data in the shape of a type of the tree: dataclass, tuple, optional value, text, number or truth."""
    if is_dataclass(shape) and isinstance(shape, type):
        known = _types_of(shape)
        if not isinstance(data, dict) or data.keys() - known.keys():
            raise NotAnAssessment(f"{at}: not the fields of {shape.__name__}")
        told = {name: _read(known[name], value, f"{at}.{name}") for name, value in data.items()}
        try:
            return shape(**told)
        except TypeError:
            missing = {one.name for one in fields(shape)} - told.keys()
            raise NotAnAssessment(f"{at}: without {', '.join(sorted(missing))}") from None
    if isinstance(shape, types.UnionType):
        inner = next(one for one in typing.get_args(shape) if one is not types.NoneType)
        return None if data is None else _read(inner, data, at)
    if typing.get_origin(shape) is tuple:
        return _read_tuple(typing.get_args(shape), data, at)
    if shape is str and isinstance(data, str):
        return clean(data)
    if shape in (int, bool) and type(data) is shape:
        return data
    raise NotAnAssessment(f"{at}: not {getattr(shape, '__name__', shape)}")


def _read_tuple(inner: tuple[Any, ...], data: object, at: str) -> tuple[Any, ...]:
    if not isinstance(data, list) or len(data) > MOST_ITEMS:
        raise NotAnAssessment(f"{at}: not a list of at most {MOST_ITEMS}")
    shapes = inner[:1] * len(data) if inner[-1] is Ellipsis else inner
    if len(shapes) != len(data):
        raise NotAnAssessment(f"{at}: not {len(shapes)} values")
    return tuple(
        _read(shape, one, f"{at}[{position}]") for position, (shape, one) in enumerate(zip(shapes, data, strict=True))
    )


def clean(text: str) -> str:
    """Return a text without what no terminal and no database takes: controls, turned writing, lone surrogates."""
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT] + "…"
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
