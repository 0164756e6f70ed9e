from django.apps import AppConfig


class DisposalConfig(AppConfig):
    name = "cleannet.hub.disposal"
    verbose_name = "处置"
