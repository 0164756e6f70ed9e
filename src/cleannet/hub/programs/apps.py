from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "cleannet.hub.programs"
    verbose_name = "恶意程序"
