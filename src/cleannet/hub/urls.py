"""List where each page and each operation of the hub is found."""

from django.urls import URLPattern, URLResolver, path

from cleannet.hub.api.operations import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
]
