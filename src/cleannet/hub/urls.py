"""List where each page and each operation of the hub is found."""

from django.urls import URLPattern, URLResolver, include, path

from cleannet.hub.api.operations import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("cleannet.hub.web.urls")),
]
handler400 = "cleannet.hub.web.access.bad_request"
handler403 = "cleannet.hub.web.access.forbidden"
handler404 = "cleannet.hub.web.access.not_found"
