from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "cleannet.hub.web"
    verbose_name = "网页"
