"""Name things by stable keys, in Chinese and English: what the vocabulary is made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Term:
    """Name one thing by a stable key; `zh` is the official word, `en` its translation."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class EntryKind(Term):
    """Name a kind of ledger entry and the roles that may make it; no role means the calendar makes it."""

    by: frozenset[str] = frozenset()


T = TypeVar("T", bound=Term)


def keyed(terms: Iterable[T]) -> Mapping[str, T]:
    """Return terms by their keys, in the order given."""
    return MappingProxyType({term.key: term for term in terms})
