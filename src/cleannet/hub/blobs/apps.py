from django.apps import AppConfig


class BlobsConfig(AppConfig):
    name = "cleannet.hub.blobs"
    verbose_name = "Blobs"
