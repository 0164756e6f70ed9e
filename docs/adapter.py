"""Pull your standing orders from the hub, believe only what it signed, and hand them to a platform of your own."""

import json
import sys
from pathlib import Path

import httpx

from cleannet.formats import envelope


class Platform:
    """Write one target a line, the file replaced in one step; speak to your own platform here instead."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def bring(self, targets: set[str]) -> None:
        draft = self.path.with_suffix(".draft")
        draft.write_text("".join(f"{target}\n" for target in sorted(targets)))
        draft.replace(self.path)


def pull(hub: httpx.Client, public_key: str, platform: Platform, kept: Path) -> bool:
    """Bring the platform up to what stands; return whether anything changed. `kept` remembers what was taken last."""
    known = json.loads(kept.read_text()) if kept.exists() else {"revision": 0, "etag": ""}
    answer = hub.get("/api/v1/feed", headers={"If-None-Match": known["etag"]})
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return False
    answer.raise_for_status()
    key = envelope.read_public(public_key)
    feed = json.loads(envelope.verify(answer.content, {envelope.key_id(key): key}, "feed").payload)
    if feed["revision"] < known["revision"]:
        raise SystemExit(f"the feed is of revision {feed['revision']}, older than {known['revision']}")
    platform.bring({order["target"] for order in feed["orders"]})
    kept.write_text(json.dumps({"revision": feed["revision"], "etag": answer.headers["ETag"]}))
    return True


if __name__ == "__main__":
    url, token_file, key_file, target = sys.argv[1:]
    bearer = f"Bearer {Path(token_file).read_text().strip()}"
    with httpx.Client(base_url=url, headers={"Authorization": bearer}, timeout=30) as client:
        pull(client, Path(key_file).read_text(), Platform(Path(target)), Path(f"{target}.kept"))
