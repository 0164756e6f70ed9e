"""Play the demonstration with Django running: set the hub up, play the story, write what came of it, print, serve."""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from cleannet.cli import demo_page as page
from cleannet.cli.demo_cast import Cast
from cleannet.cli.demo_data import OPERATORS, ORDINARY
from cleannet.cli.demo_edge import Edge
from cleannet.cli.demo_server import Server, ServerFailed
from cleannet.cli.demo_stage import Stage, StoryFailed
from cleannet.cli.demo_story import HOURS, Story
from cleannet.core.refusal import Refusal
from cleannet.edge.hub import HubAway, HubRefused
from cleannet.formats import rpz
from cleannet.formats.ledger_export import read
from cleannet.formats.ledger_verification import verify
from cleannet.formats.pdf import FontMissing
from cleannet.hub import operations
from cleannet.hub.disposal import delivery
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import commands as ledger_commands
from cleannet.hub.ledger import operations as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import queries as papers

DONE, FAILED = 0, 1
HUB_KEY = "hub-1.pub"


def play(options: argparse.Namespace) -> int:
    """Play the story in `options.folder` over `options.network`, print what happened and return the exit status."""
    try:
        return _play(options)
    except (StoryFailed, ServerFailed, Refusal, HubAway, HubRefused, FontMissing) as error:
        print(f"The demonstration failed: {error}", file=sys.stderr)
        return FAILED


def _play(options: argparse.Namespace) -> int:
    started = time.monotonic()
    folder: Path = options.folder
    say = _say if sys.stderr.isatty() else _say_nothing
    say("making the hub")
    settings.CLEANNET_DATA.mkdir(mode=0o700)
    Keyring(settings.CLEANNET_DATA).make_missing()
    operations.migrate(options)
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    begin = end - timedelta(hours=HOURS)
    cast = Cast()
    say("making the operators' logs")
    edges = [Edge(folder / f"edge-{operator.party}", operator, begin) for operator in OPERATORS]
    with Server(folder / "server.log") as server:
        server.wait()
        stage = Stage(
            cast=cast,
            edges=edges,
            network=options.network,
            parent=options.parent,
            url=server.url,
            begin=begin,
            say=say,
        )
        story = Story(stage)
        story.play(settings.CLEANNET_DATA / "keys" / HUB_KEY)
    say("writing papers, zone and ledger")
    ministry = cast.viewers["miit"]
    written = _write_papers(folder / "papers", ministry)
    zone = _write_zone(folder / "zone", stage.now)
    export = folder / "ledger.export"
    ledger.export(argparse.Namespace(file=export, case=None))
    for line in _told(options, stage, story.refused, ministry):
        print(line)
    print(f"\n文书 Papers: {written} in {folder / 'papers'} (pdf, docx). 响应策略区 Zone: {zone}.")
    print(f"台账 Ledger: {export}, verified offline with the key the edges pinned:")
    status = _verify(export, edges[0])
    print(f"\n一次性密码 One-time passwords, made for this run and shown only now ({settings.CLEANNET_DATA}):")
    for line in page.accounts(cast.passwords, cast.viewers):
        print(f"  {line}")
    print(f"\n演示用时 The demonstration took {time.monotonic() - started:.0f} s.", flush=True)
    return status


def serve(options: argparse.Namespace) -> int:
    """Serve the hub that was played until interrupted."""
    print(f"Serving on http://{settings.CLEANNET_BIND} until Ctrl-C.", flush=True)
    return operations.serve(options)


def _told(options: argparse.Namespace, stage: Stage, refused: Refusal | None, ministry: Viewer) -> Iterator[str]:
    yield f"封堵网络 Blocking was asked of: {options.network.description}."
    yield "\n经过 What happened (Beijing time):"
    yield from page.what_happened(ministry)
    yield "\n边缘 The edges' last counts:"
    for party, counted in stage.counted.items():
        yield f"{party}:"
        yield from (f"  {line}" for line in counted.lines)
    yield f"\n白名单 The name on an allow-list, {ORDINARY}: held, not counted, not orderable."
    yield from (f"  {line}" for line in stage.edges[OPERATORS[0].party].explain(ORDINARY, stage.now))
    if refused is not None:
        yield from (f"  {line}" for line in page.refused(refused))
    yield "\n案卷 How the cases stand:"
    yield from page.how_cases_stand(ministry)
    yield "\n待办 Open duties with a limit:"
    yield from page.still_owed(ministry, datetime.now(UTC))


def _write_papers(folder: Path, viewer: Viewer) -> int:
    folder.mkdir()
    found = list(papers.papers(viewer))
    for paper in found:
        for kind in papers.FILES:
            (folder / f"{paper.number}-v{paper.version}.{kind}").write_bytes(papers.content(paper, kind))
    return len(found)


def _write_zone(folder: Path, now: datetime) -> Path:
    folder.mkdir()
    path = folder / f"{settings.CLEANNET_DNS_ZONE}zone"
    path.write_text(
        rpz.write(delivery.standing_names(), settings.CLEANNET_DNS_ZONE, int(now.timestamp())), encoding="ascii"
    )
    return path


def _verify(path: Path, edge: Edge) -> int:
    with path.open("rb") as file:
        export = read(file)
    verdict = verify(export.records, edge.state.hub_keys(), complete=export.complete)
    return ledger_commands.tell(verdict, export.findings, False)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _say_nothing(_what: str) -> None:
    return
