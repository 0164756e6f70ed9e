from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "cleannet.hub.incidents"
    verbose_name = "事件"
