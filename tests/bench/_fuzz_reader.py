"""Feed one reader with bytes that coverage guides, until the time is over or it raises what it may not raise."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cleannet.apk", "apkInspector", "zipfile"]):
    from cleannet.apk import archive, dex, manifest, pool, resources
    from cleannet.apk.archive import Archive

MOST = 1 << 20


def zip_(data: bytes) -> None:
    try:
        read = Archive(data)
    except archive.NotArchive:
        return
    for entry in read.entries[:50]:
        try:
            assert len(read.unpack(entry, MOST)) <= MOST
        except archive.NotRead:
            continue
    assert read.encrypted in (True, False)


def dex_(data: bytes) -> None:
    for part in dex.parts(data):
        try:
            read = dex.read(part)
        except dex.NotDex:
            continue
        assert sum(map(len, read.strings)) <= len(data)
        names = set(range(len(read.strings)))
        for references in (read.methods, read.fields):
            for position in references.named(names):
                references[position]
        for text in read.strings[:100]:
            dex.decoded(text).encode()


def axml(data: bytes) -> None:
    with suppress(manifest.NotRead):
        manifest.read(data)
    assert sum(map(len, pool.Pool(data, 8).texts())) <= len(data)
    resources.texts(data, 0x7F010001)


READERS: dict[str, Callable[[bytes], None]] = {"zip": zip_, "dex": dex_, "axml": axml}


def main(reader: str, corpus: Path, seconds: str) -> None:
    logging.disable(logging.CRITICAL)
    options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=20000"]
    artifacts = f"-artifact_prefix={corpus.parent}/{reader}-"
    atheris.Setup([sys.argv[0], str(corpus), *options, artifacts, "-print_final_stats=1"], READERS[reader])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
