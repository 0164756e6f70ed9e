"""Look at one package by one method in a process of its own, and print what it found and what it took as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Found = dict[str, Any]


def androguard_apk(path: str) -> Callable[[], Found]:
    from androguard.core.apk import APK

    _quiet()
    return lambda: _of(APK(path))


def androguard_analyze(path: str) -> Callable[[], Found]:
    from androguard.misc import AnalyzeAPK

    _quiet()
    return lambda: _of(AnalyzeAPK(path)[0])


def _quiet() -> None:
    from loguru import logger

    logger.remove()


def _of(apk: Any) -> Found:
    certificates = [*apk.get_certificates_v1(), *apk.get_certificates_v2(), *apk.get_certificates_v3()]
    return {
        "package": apk.get_package() or "",
        "version_name": apk.get_androidversion_name() or "",
        "version_code": apk.get_androidversion_code() or "",
        "permissions": sorted(set(apk.get_permissions())),
        "certificates": sorted({one.sha256_fingerprint.replace(" ", "").lower() for one in certificates}),
    }


def main(method: str, path: str) -> None:
    run = globals()[method](path)
    wall = time.perf_counter()
    found = run()
    print(json.dumps({"found": found, "seconds": time.perf_counter() - wall, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    with open("/proc/self/status") as status:
        return int(status.read().split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
