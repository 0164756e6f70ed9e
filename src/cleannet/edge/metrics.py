"""Tell Prometheus how following goes: what was read and found, and what waits."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from cleannet.edge.rows import Source
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats.tally import Tally

OUTCOMES = ("read", "broken", "late", "unmapped", "matched")


class Metrics:
    """Count since the start of the process; no label holds a file, a subscriber or a row."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._rows = Counter("cleannet_edge_rows", "Rows of logs, by outcome.", ["outcome"], registry=self.registry)
        for outcome in OUTCOMES:
            self._rows.labels(outcome)
        self._last_row = self._gauge("last_row_timestamp_seconds", "Time of the last row of any log.")
        self._last_pass = self._gauge("last_pass_timestamp_seconds", "When all logs were last looked at.")
        self._waiting = self._gauge("tallies_waiting", "Tallies that the hub has no receipt for yet.")
        self._infected = Gauge(
            "cleannet_edge_infected",
            "Most subscribers infected in any 24 hours of the newest day, by program.",
            ["program"],
            registry=self.registry,
        )

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"cleannet_edge_{name}", words, registry=self.registry)

    def serve(self, address: str) -> None:
        """Answer on HOST:PORT until the process ends; raise WrongUse where that cannot be."""
        host, _, port = address.rpartition(":")
        try:
            start_http_server(int(port), host.strip("[]") or "127.0.0.1", self.registry)
        except (ValueError, OSError, OverflowError) as error:
            raise WrongUse(f"--metrics {address}: no HOST:PORT of this machine that is free: {error}") from None

    def read(self, source: Source, matched: int) -> None:
        """Take in the account of a part of a log."""
        figures = (source.rows, source.broken, source.late, source.unmapped, matched)
        for outcome, count in zip(OUTCOMES, figures, strict=True):
            self._rows.labels(outcome).inc(count)
        if source.last is not None:
            self._last_row.set(source.last / 1e6)

    def passed(self, now: datetime, waiting: int) -> None:
        """Note that all logs were looked at, and how many tallies wait."""
        self._last_pass.set(now.timestamp())
        self._waiting.set(waiting)

    def counted(self, tallies: Iterable[Tally]) -> None:
        """Take in the newest of the days that were counted."""
        for newest in list(tallies)[-1:]:
            self._infected.clear()
            for program in newest.programs:
                self._infected.labels(program.program).set(program.infected.maximum)
