"""Say which earlier sample a sample is like, and by what: the same file, a near digest, the package, the certificate.

Only samples that were seen before answer, the newest of those that are equally near: families change, and what is like
it was mostly seen of late. What decides is named, so that a person can judge it.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cleannet.identity.similarity import Digests

NEAR = 30
HASH, SIMILAR, PACKAGE, CERTIFICATE = KEYS = ("sha256", "tlsh", "package", "certificate")


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold what tells a sample, when it was first seen (aware), and what it was named; "" stands for what is not known.

    `certificate` is a digest of the signer's, `kind` the official class.
    """

    sha256: str
    tlsh: str
    package: str
    certificate: str
    first_seen: datetime
    family: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Say which earlier sample is like one, by which of KEYS, and, where that is TLSH, how far away it is."""

    neighbour: Sample
    key: str
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Say how many of so many samples were answered, and how many of those rightly."""

    samples: int
    answered: int
    right: int

    @property
    def coverage(self) -> float:
        """Which part was answered."""
        return self.answered / self.samples if self.samples else 0.0

    @property
    def precision(self) -> float:
        """Which part of the answers was right."""
        return self.right / self.answered if self.answered else 0.0


class Library:
    """Hold samples in the order in which they were first seen; `public` are certificates that anybody can sign with.

    Raises similarity.NoDigest for what is no TLSH digest.
    """

    def __init__(self, samples: Iterable[Sample], public: Collection[str] = ()) -> None:
        # Those that came at once are in an order that no file decides.
        self.samples = sorted(samples, key=lambda sample: (sample.first_seen, sample.sha256))
        self._digests = Digests(sample.tlsh for sample in self.samples)
        # By each key the places of those that have it, rising.
        self._by: dict[str, dict[str, list[int]]] = {HASH: {}, PACKAGE: {}, CERTIFICATE: {}}
        for place, sample in enumerate(self.samples):
            for key, value in self._exact(sample, public):
                self._by[key].setdefault(value, []).append(place)
        self._public = frozenset(public)

    def before(self, moment: datetime) -> int:
        """Return how many samples were first seen before a moment (aware)."""
        return bisect_left(self.samples, moment, key=lambda sample: sample.first_seen)

    def identify(self, sample: Sample, until: int) -> Answer | None:
        """Return what the first `until` samples say of one; None where none is like it."""
        exact = dict(self._exact(sample, self._public))
        if (place := self._last(HASH, exact, until)) is not None:
            return Answer(self.samples[place], HASH)
        if found := self._digests.near(Digests([sample.tlsh]), 0, until, NEAR):
            return Answer(self.samples[found[0]], SIMILAR, found[1])
        for key in (PACKAGE, CERTIFICATE):
            if (place := self._last(key, exact, until)) is not None:
                return Answer(self.samples[place], key)
        return None

    def _last(self, key: str, exact: dict[str, str], until: int) -> int | None:
        places = self._by[key].get(exact.get(key, ""), [])
        earlier = bisect_left(places, until)
        return places[earlier - 1] if earlier else None

    @staticmethod
    def _exact(sample: Sample, public: Collection[str]) -> list[tuple[str, str]]:
        certificate = "" if sample.certificate in public else sample.certificate
        told = ((HASH, sample.sha256), (PACKAGE, sample.package), (CERTIFICATE, certificate))
        return [(key, value) for key, value in told if value]


def replay(
    samples: Sequence[Sample],
    named: Callable[[Sample], str],
    lag: timedelta = timedelta(0),
    public: Collection[str] = (),
) -> Figures:
    """Return how a library of those samples would have named each when it came, by those that came before it.

    `named` gives the name that is asked for; samples without one are left out. With a `lag` a sample answers only once
    it was seen so long before; without, once it was seen before.
    """
    library = Library((sample for sample in samples if named(sample)), public)
    answered = right = 0
    for sample in library.samples:
        latest = sample.first_seen - lag
        answer = library.identify(sample, library.before(latest + timedelta.resolution if lag else latest))
        answered += answer is not None
        right += answer is not None and named(answer.neighbour) == named(sample)
    return Figures(len(library.samples), answered, right)
