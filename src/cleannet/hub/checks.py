"""Name everything about an installed hub that is not as it should be."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from cleannet.formats import pdf
from cleannet.hub import environment
from cleannet.hub.disposal import address_file, network
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as register

_LOOPBACK = ("127.", "localhost", "[::1]", "unix:")


def problems(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each problem of settings, folder, keys, fonts, database, own party, triggers and checks."""
    return [*_settings(environ), *_folder(settings.CLEANNET_DATA), *_fonts(), *_database()]


def _settings(environ: Mapping[str, str]) -> list[str]:
    found = [f"The variable {name} is set, but no setting has that name." for name in environment.unknown(environ)]
    values = environment.read(environ)
    here = str(values["BIND"]).startswith(_LOOPBACK)
    if values["PROXY_HEADER"] and not values["PROXIES"]:
        found.append(
            "CLEANNET_PROXIES is empty although CLEANNET_PROXY_HEADER is set: everybody would seem to come from the "
            "proxy, and anybody could keep another from signing in."
        )
    if values["DNS_PRIMARY"] and not values["DNS_KEY"]:
        found.append("CLEANNET_DNS_KEY is empty although CLEANNET_DNS_PRIMARY is set; no update would be accepted.")
    try:
        address_file.opened(str(values["ADDRESS_FILES"]))
    except address_file.BadAddressFile as error:
        found.append(f"CLEANNET_ADDRESS_FILES cannot be used: {error}")
    if values["VERIFY_MINUTES"] and values["ROLE"] != "cncert":
        found.append("CLEANNET_VERIFY_MINUTES is set, but only CNCERT's hub verifies.")
    if values["PROBE_EGRESS"] and not values["PROBE_CONTACT"]:
        found.append("CLEANNET_PROBE_CONTACT is empty although CLEANNET_PROBE_EGRESS is set; nobody could object.")
    if values["DEBUG"] and not here:
        found.append("CLEANNET_DEBUG is on although others can reach the hub; switch it off.")
    if not values["HTTPS"] and not here:
        found.append("CLEANNET_HTTPS is off although others can reach the hub; passwords would travel in the open.")
    return found


def _folder(data: Path) -> list[str]:
    if not data.is_dir():
        return [f"The data folder {data} is missing; run `cleannet hub setup`."]
    found = []
    if not os.access(data, os.W_OK | os.X_OK):
        found.append(f"The data folder {data} cannot be written by this user.")
    if data.stat().st_mode & 0o077:
        found.append(f"The data folder {data} is open to others; run `chmod 700 {data}`.")
    if not (data / "keys" / "secret_key").is_file() and not environment.read(os.environ)["SECRET_KEY"]:
        found.append(f"There is no secret key in {data}; run `cleannet hub setup`.")
    return found + Keyring(data).problems()


def _fonts() -> list[str]:
    try:
        pdf.find_font(pdf.font_folders())
    except pdf.FontMissing as error:
        return [str(error)]
    return []


def _database() -> list[str]:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [f"The database cannot be used: {str(error).strip()}"]
    found = []
    if pending:
        found.append(f"{len(pending)} migrations are not applied; run `cleannet hub migrate`.")
    else:
        found += _own_party(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE) + _owners_of_vantages()
    messages = checks.run_checks(databases=["default"])
    return found + [f"{message.msg} {message.hint or ''}".strip() for message in messages]


def _own_party(party: str, role: str) -> list[str]:
    own = register.names([party]).get(party)
    if own is None:
        # Before the first party is registered, `hub setup` says what to do.
        others = register.parties(Viewer(party, "cncert")).exists()
        return [f"CLEANNET_PARTY is “{party}”, but no party of that code is registered."] if others else []
    if own.role != role:
        return [f"CLEANNET_ROLE is “{role}”, but the party {party} is registered with the role {own.role}."]
    return []


def _owners_of_vantages() -> list[str]:
    # Before the first party is registered, nobody is missing.
    if not register.parties(Viewer(settings.CLEANNET_PARTY, "cncert")).exists():
        return []
    owners = network.owners()
    known = register.names(owners)
    strangers = sorted(code for code in owners if code not in known or known[code].role != "operator")
    return [
        f"CLEANNET_DNS_RESOLVERS or CLEANNET_PROBE_EGRESS gives a vantage to {code}, but no operator of that code is "
        "registered."
        for code in strangers
    ]
