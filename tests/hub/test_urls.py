from django.test import Client
from django.urls import get_resolver


def test_every_pattern_can_be_listed() -> None:
    assert isinstance(get_resolver("cleannet.hub.urls").url_patterns, list)


def test_what_is_not_listed_is_not_found() -> None:
    assert Client().get("/no/such/page").status_code == 404
