from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "cleannet.hub.papers"
    verbose_name = "文书"
