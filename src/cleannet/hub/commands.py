"""Offer the program `hub`: set it up, check it, serve it."""

import argparse
from collections.abc import Callable

from cleannet.hub.boot import later


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the program `hub` and its commands."""
    program = programs.add_parser("hub", help="run the hub: the cases, the ledger and the desk")
    commands = program.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str, module: str = "operations") -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(run=later(f"cleannet.hub.{module}:{name.replace('-', '_')}"))
        return parser

    add("setup", "make data folder, keys and database, and what a first login needs; may be repeated")
    add("migrate", "bring the database to this version and guard the ledger's tables")
    add("check", "name everything that is not as it should be; exit status 1 if anything")
    add("serve", "serve the hub and let its time pass until interrupted")
    tick = add("tick", "seal, remind and do all other work that waits, until interrupted")
    tick.add_argument(
        "--once", action="store_true", help="do what is ready now, then end; exit status 1 if a lane fails"
    )
    tick.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")
    add("rotate-master", "wrap the keys of all blobs under a new master key and destroy the old one")
    add("rotate-signer", "sign heads with a new key from now on; older heads stay verifiable")
    add(
        "redeliver",
        "bring every place on the network up to the whole of what stands, as after a server was set up anew",
    )
    _fill(lambda name, text: add(name, text, "administration"))
    _take_in(lambda name, text: add(name, text, "intake"))


def _fill(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands by which an administrator fills the hub."""
    party = add("party", "register a party; it owes its contacts from then on")
    party.add_argument("code", metavar="CODE", help="small letters, digits and hyphens")
    party.add_argument("--zh", required=True, help="official name")
    party.add_argument("--en", required=True, help="name in English")
    party.add_argument("--role", required=True, help="role of the glossary, such as operator")
    party.add_argument("--province", default="", help="two digits of GB/T 2260, such as 32")
    party.add_argument("--also", action="append", default=[], metavar="ROLE", help="another role it plays in some law")
    party.add_argument("--remote", action="store_true", help="it has no account here: reached by paper, mail or phone")
    party.add_argument(
        "--group", default="", metavar="CODE", help="the party it is a branch of; its counts are that one's"
    )

    person = add("person", "give a person of a party an account; its password is printed once")
    person.add_argument("party", metavar="PARTY")
    person.add_argument("username", metavar="USERNAME")
    person.add_argument("--name", default="", help="name printed as 填报人")
    person.add_argument("--right", action="append", default=[], help="a right held; all of the role's by default")

    token = add("token", "make a token for a program of a party; it is printed once")
    token.add_argument("party", metavar="PARTY")
    token.add_argument("--label", required=True, help="what it is for")
    token.add_argument("--right", action="append", required=True, help="a right held, such as submit")
    token.add_argument("--days", type=int, default=365, help="days it is valid")
    token.add_argument("--person", default="", help="code of the person it acts for")

    add("password", "give an account another password; it is printed once").add_argument("username", metavar="USERNAME")

    end = add("deactivate", "let an account in no more and end the tokens that act for its person")
    end.add_argument("username", metavar="USERNAME")

    tokens = add("tokens", "list the valid tokens, each by the beginning of its digest")
    tokens.add_argument("party", metavar="PARTY", nargs="?", default="", help="only those of one party")

    revoke_token = add("revoke-token", "end a token, named by its label or the beginning of its digest")
    revoke_token.add_argument("named", metavar="TOKEN")

    edge = add("edge", "enrol an edge by the public key it made")
    edge.add_argument("name", metavar="NAME")
    edge.add_argument("party", metavar="PARTY")
    edge.add_argument("--province", required=True, help="two digits of GB/T 2260")
    edge.add_argument("--key", required=True, metavar="FILE", help="its public key, one line")

    revoke = add("revoke-edge", "stop believing an edge")
    revoke.add_argument("name", metavar="NAME")

    hold = add("hold", "keep the papers of a case from being erased (a legal hold)")
    hold.add_argument("case", metavar="CASE")
    hold.add_argument("--reason", required=True, help="on whose order and why; it stands in the ledger")
    hold.add_argument("--lift", action="store_true", help="lift the hold instead")

    papers = add("papers", "render the papers once more and name each whose bytes are not the ones issued")
    papers.add_argument("--case", default="", metavar="CASE", help="only those of one case")

    adopt = add("adopt", "go by a law or an overlay from now on")
    adopt.add_argument("policy", metavar="LAW", help="id of a shipped law, or a .toml file")

    watchlist = add("watchlist", "take programs and indicators out of lists, asking the allow-lists about each")
    watchlist.add_argument("lists", nargs="+", metavar="LIST", help="files or folders")
    watchlist.add_argument("--allow", action="append", default=[], metavar="LIST", help="allow-lists, files or folders")

    program = add("program", "give a program its official name and what the forms say of it")
    program.add_argument("code", metavar="CODE", help="as the tallies name it")
    program.add_argument("--zh", required=True, help="official name")
    program.add_argument("--behaviour", required=True, help="what it does, as 恶意行为 of the forms")
    program.add_argument("--harm", required=True, help="what harm it does")
    program.add_argument("--systems", required=True, help="systems it runs on, such as Android")

    withdraw = add("withdraw", "end an indicator of a program; it leaves the next release")
    withdraw.add_argument("program", metavar="PROGRAM")
    withdraw.add_argument("indicator", metavar="INDICATOR")
    withdraw.add_argument("--reason", required=True, help="why it no longer betrays the program")

    merge = add("merge", "let a program count as another from the next release on")
    merge.add_argument("alias", metavar="ALIAS")
    merge.add_argument("program", metavar="PROGRAM")

    release = add("release", "sign and publish a release of the watchlist")
    release.add_argument("--audience", default="operators", metavar="PARTY", help="for one party only, by its code")


def _take_in(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands by which an administrator takes in what the hub goes by."""
    allow = add("allow", "keep allow-lists, against which the reach of orders is shown before they are issued")
    allow.add_argument("lists", nargs="+", metavar="LIST", help="files or folders; each takes its own former place")

    routes = add(
        "routes", "take in a table of who holds what: networks, carriers, registrars, suffixes, domains, hosts"
    )
    routes.add_argument("file", metavar="FILE", help="CSV; its header says which table it is, see docs/formats.md")
    routes.add_argument("--source", default="", help="whose table it replaces as a whole; the file's name by default")
