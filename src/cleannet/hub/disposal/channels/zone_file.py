"""The whole zone as a file in a folder, for resolvers that read and watch one (Knot) or load it on demand."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cleannet.formats import rpz
from cleannet.hub.disposal.channels.channel import Change, DeliveryFailed


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """Write the zone whole into a folder under its name, replaced in one step; its serial is the revision."""

    folder: Path
    zone: str
    key: str = "file"

    @property
    def path(self) -> Path:
        return self.folder / f"{self.zone}zone"

    def fits(self, host: str) -> bool:
        return rpz.fits(host, self.zone)

    def bring(self, change: Change, hold: Callable[[], None]) -> None:
        """Write everything that stands; a reader finds the old file or the new one, never half of either."""
        text = rpz.write(filter(self.fits, change.standing()), self.zone, change.revision)
        hold()
        try:
            for left in self.folder.glob(f".{self.path.name}.*"):
                left.unlink(missing_ok=True)
            draft = self.folder / f".{self.path.name}.{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            hold()
            draft.rename(self.path)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise DeliveryFailed(f"the zone cannot be written to {self.path}: {error.strerror}") from error
