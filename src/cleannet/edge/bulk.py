"""The fast way to read logs: many rows at a time, of which only the few that matter are read by themselves."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from cleannet.edge import plain_csv, plain_zeek, tables
from cleannet.edge.files import LogFile
from cleannet.edge.hashing import FOLDER
from cleannet.edge.kernel import is_compiled
from cleannet.edge.mapping import Mapping
from cleannet.edge.matching import Watched
from cleannet.edge.parquet import read_batches, read_parquet
from cleannet.edge.rows import Row, Source
from cleannet.edge.sieve import Sieve

_ONCE = "this is done once and takes some seconds."
_EVERY_TIME = "this takes some seconds at every run, for nothing can be kept: name a folder by NUMBA_CACHE_DIR."


class Bulk:
    """Hold a watchlist laid out for reading many rows at a time; `tell` hears that code is compiled, the first time."""

    def __init__(self, watched: Iterable[Watched], tell: Callable[[str], object]) -> None:
        if not is_compiled():
            tell("Compiling the matcher; " + (_ONCE if FOLDER is not None else _EVERY_TIME))
        self._sieve = Sieve(watched)

    def parquet(self, file: LogFile, source: Source, mapping: Mapping) -> Iterator[Row]:
        """Yield the rows of a Parquet file that may match, accounting for all; raise WrongUse for a missing column."""
        return read_parquet(file, source, mapping, self._sieve.rest)

    def batches(self, batches: Iterator[pa.RecordBatch], source: Source, mapping: Mapping) -> Iterator[Row]:
        """Yield the rows of Arrow batches that may match, accounting for all; raise WrongUse for a missing column."""
        return read_batches(batches, source, mapping, self._sieve.rest)

    def csv(self, file: LogFile, source: Source, mapping: Mapping) -> Iterator[Row]:
        """Yield the rows of a CSV file that may match, accounting for all; raise WrongUse for a missing column."""
        if not plain_csv.is_plain(mapping):
            return tables.read_csv(file, source, mapping)
        return plain_csv.read_csv(file, source, mapping, self._sieve.rest)

    def zeek(self, file: LogFile, source: Source) -> Iterator[Row]:
        """Yield the rows of a Zeek log with header lines that may match, accounting for all."""
        return plain_zeek.read_tab_separated(file, source, self._sieve.rest)
