"""Hold one sample while it is taken apart, and bound what is unpacked of it."""

from dataclasses import dataclass, field

from cleannet.apk.addresses import Finder
from cleannet.apk.archive import Archive, Entry, NotRead
from cleannet.apk.assessment import CodeFile, Payload
from cleannet.apk.behaviours import Facts

APK, DEX, ARCHIVE, IPA, UNKNOWN = "apk", "dex", "archive", "ipa", "unknown"
MOST_ENTRY, MOST_UNPACKED = 64 << 20, 384 << 20


@dataclass(slots=True)
class Sample:
    """Hold one sample while it is taken apart: its bytes, and what the parts before have found."""

    data: bytes
    password: bytes = b""
    kind: str = UNKNOWN
    archive: Archive | None = None
    facts: Facts = field(default_factory=Facts)
    finder: Finder = field(default_factory=Finder)
    code: list[CodeFile] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)
    unpacked: int = 0

    def unpack(self, archive: Archive, entry: Entry, before: str = "") -> bytes | None:
        """Return an entry's bytes; None, with the reason on record, where it cannot be read or all is too much.

        `before` is written before the entry's name.
        """
        if self.unpacked >= MOST_UNPACKED:
            self.not_read.append(f"{before}{entry.name}: more than {MOST_UNPACKED} bytes were unpacked before it")
            return None
        try:
            data = archive.unpack(entry, MOST_ENTRY)
        except NotRead as error:
            self.not_read.append(f"{before}{error}")
            return None
        self.unpacked += len(data)
        return data
