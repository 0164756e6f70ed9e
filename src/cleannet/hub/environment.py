"""Read the hub's settings from the environment, and say of each what it is for.

`SETTINGS` is the one list: the hub reads nothing else, `hub check` walks it and docs/settings.md prints it.
A value may be put in a file named by `<NAME>_FILE`, which is how secrets should come.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from cleannet.core.terms import ROLES
from cleannet.hub import accepted
from cleannet.hub.looking_settings import LOOKING
from cleannet.hub.setting import PREFIX as PREFIX
from cleannet.hub.setting import BadSetting as BadSetting
from cleannet.hub.setting import Setting as Setting
from cleannet.hub.setting import Value as Value

# Variables of the program `edge`, which may run beside the hub.
EDGE_PREFIX = "CLEANNET_EDGE_"


def database(url: str, data: Path) -> dict[str, object]:
    """Return Django's description of the database at `url`, or of the SQLite file in `data` where it is empty.

    SQLite waits for other writers instead of failing, takes the write lock when a transaction begins, survives a loss
    of power (synchronous FULL) and overwrites what is deleted (secure_delete). Raises BadSetting for any other URL.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data / "hub.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON",
            },
        }
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("postgresql", "postgres") or not name or "/" in name or port == -1:
        raise BadSetting("write postgresql://user:password@host:port/name, or leave it empty for SQLite")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _database_url(text: str) -> str:
    try:
        database(text, Path())
    except BadSetting as error:
        return str(error)
    return ""


SETTINGS = (
    Setting(
        "DATA",
        "var",
        "Folder of what the hub keeps outside its database: keys, blobs, and the SQLite file.",
        accepted.something,
    ),
    Setting(
        "DATABASE_URL",
        "",
        "Database as postgresql://user:password@host:port/name; empty means hub.sqlite3 in the data folder.",
        _database_url,
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Signs sessions and one-time links; empty means the key that `cleannet hub setup` made in the data folder.",
        secret=True,
    ),
    Setting("DEBUG", False, "Shows error pages with source text to everyone; only for development."),
    Setting("HOSTS", "127.0.0.1,localhost", "Host names the hub answers to, with commas between.", accepted.hosts),
    Setting(
        "ORIGINS",
        "",
        "Origins trusted for forms behind a proxy, such as https://hub.example, commas between.",
        accepted.origins,
    ),
    Setting("HTTPS", False, "People reach the hub by HTTPS: cookies only there, HSTS on, plain HTTP redirected."),
    Setting(
        "PROXY_HEADER",
        "",
        "Header in which a proxy says https, such as X-Forwarded-Proto; empty trusts none.",
        accepted.header,
    ),
    Setting(
        "PROXIES",
        "",
        "Addresses or networks of the proxies in front, commas between; only theirs is X-Forwarded-For believed.",
        accepted.networks,
    ),
    Setting("BIND", "127.0.0.1:8000", "Address and port that `cleannet hub serve` listens on.", accepted.bound),
    Setting("WORKERS", 2, "Number of web processes of `cleannet hub serve`.", least=1),
    Setting(
        "CODE", "hub", "Code of this hub, in case numbers and signed heads; letters, digits and hyphens.", accepted.code
    ),
    Setting(
        "PARTY", "cncert", "Code of the party that runs this hub and in whose name it acts by itself.", accepted.party
    ),
    Setting("ROLE", "cncert", "Role of that party.", accepted.role(ROLES)),
    Setting(
        "LANGUAGE",
        "zh-hans",
        "Language shown to whoever has not chosen one: zh-hans or en.",
        accepted.one_of("zh-hans", "en"),
    ),
    Setting(
        "CLAIM_MINUTES",
        15,
        "An entry back-dated by more than this many minutes is on time by claim only.",
        least=0,
    ),
    Setting("SIGN_MINUTES", 15, "Minutes after which an order nobody signed for stands on its issuer's desk.", least=0),
    Setting("NOTIFY_MINUTES", 60, "Minutes after which a case nobody was notified of stands on the desk.", least=0),
    Setting(
        "COVERAGE_HOURS",
        26,
        "Hours after which an edge without a newer log row has no data (无数据); a day's logs come late.",
        least=1,
    ),
    Setting("UNSEALED_SECONDS", 60, "An entry unsealed for longer raises an alarm.", least=10),
    Setting("TICK_SECONDS", 60, "A lane of tick that has not come round for longer raises an alarm.", least=10),
    Setting("LEASE_SECONDS", 60, "How long a worker may hold a piece of work before another may take it.", least=1),
    Setting("BLOB_MEBIBYTES", 512, "Largest single paper, sample or piece of evidence that is kept.", least=1),
    Setting(
        "DNS_PRIMARY",
        "",
        "Primary that takes blocking rules by dynamic update, as address:port; empty sends none.",
        accepted.server,
    ),
    Setting("DNS_ZONE", "rpz.cleannet.", "Response policy zone new rules are written into.", accepted.domain),
    Setting(
        "DNS_BULK_ZONE",
        "",
        "Second response policy zone, into which a merge at night moves the rules; empty leaves all in the one zone.",
        accepted.domain_or_nothing,
    ),
    Setting(
        "ZONE_FOLDER",
        "",
        "Folder into which the zone is written as a file, for resolvers that read one; empty writes none.",
        accepted.folder,
    ),
    Setting(
        "DNS_KEY_NAME",
        "hub-key.",
        "Name of the TSIG key (hmac-sha256) the primary lets update the zone.",
        accepted.domain,
    ),
    Setting("DNS_KEY", "", "Secret of that key, in base64.", accepted.base64_text, secret=True),
    Setting(
        "DNS_RESOLVERS",
        "",
        "Resolvers that judge what an operator blocked, as party/name=address:port with commas between; an operator is "
        "judged by its own, or where none is its own, by those without a party.",
        accepted.resolvers,
    ),
    Setting(
        "DNS_ROOTS",
        "",
        "Root or parent servers from which a look at the authoritative side of a domain begins, as name=address:port "
        "with commas between; it judges what registries, registrars and all others than operators did.",
        accepted.servers,
    ),
    Setting("DNS_SECONDS", 5, "How long a DNS server is waited for.", least=1),
    *LOOKING,
    Setting(
        "ADDRESS_FILES",
        "",
        "Address databases by which orders on addresses find their operator, of ip2region (.xdb) or IPIP (.ipdb), with "
        "commas between; the first that knows an address counts.",
        accepted.address_files,
    ),
    Setting(
        "RDAP",
        "",
        "List of the registries that say by RDAP who registered a domain, such as "
        "https://data.iana.org/rdap/dns.json; empty asks none, so that no domain of a case is told to a stranger.",
        accepted.web_address,
    ),
    Setting(
        "WHOIS",
        "",
        "WHOIS servers of suffixes without RDAP, as cn=whois.cnnic.cn:43 with commas between; empty asks none.",
        accepted.whois_servers,
    ),
    Setting("REGISTRY_SECONDS", 10, "How long a registry is waited for.", least=1),
    Setting(
        "LOG_LEVEL",
        "INFO",
        "Least level logged: DEBUG, INFO, WARNING, ERROR or CRITICAL.",
        accepted.one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
)


def read(environ: Mapping[str, str]) -> Mapping[str, Value]:
    """Return every setting by its name without the prefix; raise BadSetting with all errors, one a line."""
    values: dict[str, Value] = {}
    errors = []
    for setting in SETTINGS:
        try:
            values[setting.name] = setting.read(environ)
        except BadSetting as error:
            errors.append(str(error))
    if errors:
        raise BadSetting("\n".join(errors))
    return MappingProxyType(values)


def unknown(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables with the hub's prefix that no setting reads, which are misspelt as a rule."""
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{variable}_FILE" for variable in known}
    return tuple(sorted(name for name in environ if _is_mine(name) and name not in known))


def _is_mine(name: str) -> bool:
    return name.startswith(PREFIX) and not name.startswith(EDGE_PREFIX)


def table() -> str:
    """Return the settings as the Markdown table of docs/operations.md."""
    rows = ["| variable | type | default | why |", "|---|---|---|---|"]
    for setting in SETTINGS:
        default = ("yes" if setting.default else "no") if setting.type == "yes/no" else str(setting.default)
        name = f"`{setting.variable}`" + (" (secret)" if setting.secret else "")
        rows.append(f"| {name} | {setting.type} | {f'`{default}`' if default else 'empty'} | {setting.why} |")
    return "\n".join(rows)
