from django.apps import AppConfig
from django.core.checks import Tags, register

from cleannet.hub.ledger import triggers


class LedgerConfig(AppConfig):
    name = "cleannet.hub.ledger"
    verbose_name = "台账"

    def ready(self) -> None:
        register(triggers.check, Tags.database)
