from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cleannet.hub.api"
    verbose_name = "API"
