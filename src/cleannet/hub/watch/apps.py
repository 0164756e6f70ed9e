from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "cleannet.hub.watch"
    verbose_name = "监测"
