"""The settings of looking: where looks go out, how they behave, and what follows from what was seen."""

from cleannet.hub import accepted
from cleannet.hub.setting import Setting

LOOKING = (
    Setting(
        "PROBE_EGRESS",
        "",
        "Where looks at addresses and URLs go out, as party/name=source address with commas between (“default” for the "
        "system's own); with a party, it lies in that operator's network and judges its orders. Empty: none goes out.",
        accepted.egresses,
    ),
    Setting(
        "PROBE_CONTACT",
        "",
        "Address or page by which whoever is looked at reaches you; it stands in the User-Agent of every look.",
        accepted.contact,
    ),
    Setting(
        "PROBE_OPT_OUT",
        "",
        "Names (with all below) and networks whose owners asked not to be looked at, commas between.",
        accepted.names_and_networks,
    ),
    Setting(
        "PROBE_CLOSED_NETWORKS",
        "",
        "Networks of a closed test set-up that looks may reach although they are private, commas between.",
        accepted.networks,
    ),
    Setting("PROBE_SECONDS", 10, "How long one look at a host may take in all.", least=1),
    Setting("PROBE_HOST_SECONDS", 60, "Seconds between two looks at one host, whichever process looks.", least=0),
    Setting(
        "PROBE_RDAP",
        "",
        "RDAP server asked for the registry's status of a domain, such as https://rdap.example; empty asks none.",
        accepted.page,
    ),
    Setting(
        "VERIFY_MINUTES",
        0,
        "Minutes between two looks that must agree from every deciding vantage for the hub to answer a feedback by "
        "itself; 0 leaves every verdict to a person.",
    ),
    Setting(
        "RELAPSE_DAYS",
        "1,3,7,14,30",
        "Days after a verification on which it is looked again, 30 at most; empty looks no more.",
        accepted.days,
    ),
)
