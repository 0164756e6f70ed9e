from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cleannet.hub.jobs"
    verbose_name = "Jobs"
