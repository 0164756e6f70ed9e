"""Carry out the commands of the program `hub`."""

import argparse
import os
import sys
from datetime import UTC, datetime

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from cleannet.hub import checks, first_steps, logs, supervise
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.disposal import delivery
from cleannet.hub.jobs import tick as ticking
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import triggers

DONE, REFUSED = 0, 1


def setup(options: argparse.Namespace) -> int:
    """Make what a new hub needs and print what only now can be known; a second run makes only what is missing."""
    data = settings.CLEANNET_DATA
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in Keyring(data).make_missing():
        print(f"Made the key {data / 'keys' / name}.")
    migrate(options)
    for line in first_steps.take(datetime.now(UTC)):  # noqa: TID251 - this is the interface
        print(line)
    print(f"The hub in {data} is ready; `cleannet hub serve` starts it.")
    return DONE


def migrate(_options: argparse.Namespace) -> int:
    """Apply the migrations and install again, by name, every trigger that is missing."""
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    call_command("createcachetable")
    missing = triggers.missing(connection)
    triggers.install(connection)
    for name in missing:
        print(
            f"The trigger {name} was missing and is installed again; `cleannet ledger verify` shows what it let pass."
        )
    return DONE


def check(_options: argparse.Namespace) -> int:
    """Print each problem on a line."""
    found = checks.problems(os.environ)
    for problem in found:
        print(problem)
    if not found:
        print("Everything is as it should be.")
    return REFUSED if found else DONE


def serve(_options: argparse.Namespace) -> int:
    """Serve until interrupted, with tick beside; refuse to start while `check` names a problem."""
    found = checks.problems(os.environ)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return REFUSED
    logs.catch_uncaught()
    return supervise.run(bind=settings.CLEANNET_BIND, workers=settings.CLEANNET_WORKERS)


def tick(options: argparse.Namespace) -> int:
    """Work the lanes once or until told to stop."""
    if options.once:
        return REFUSED if ticking.once() else DONE
    logs.catch_uncaught()
    return DONE if ticking.until_told(with_parent=options.with_parent) else REFUSED


def rotate_master(_options: argparse.Namespace) -> int:
    """Give the blobs a new master key."""
    rewrapped, destroyed = blobs.rotate_master()
    print(f"Wrapped the keys of {rewrapped} blobs anew; destroyed {', '.join(destroyed) or 'no older key'}.")
    return DONE


def rotate_signer(_options: argparse.Namespace) -> int:
    """Give the sealer a new key."""
    public, _ = Keyring(settings.CLEANNET_DATA).add_signer()
    print(f"Heads are signed by a new key from now on; hand out {settings.CLEANNET_DATA / 'keys' / public}.")
    return DONE


def redeliver(_options: argparse.Namespace) -> int:
    """Let tick bring every place up to the whole of what stands."""
    delivery.bring_anew(now=datetime.now(UTC))  # noqa: TID251 - this is the interface
    print(f"Tick brings {', '.join(delivery.channels())} up to everything that stands.")
    return DONE
