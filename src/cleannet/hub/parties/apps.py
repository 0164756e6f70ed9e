from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "cleannet.hub.parties"
    verbose_name = "单位"
