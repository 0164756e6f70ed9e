from django.core.handlers.wsgi import WSGIHandler

from cleannet.hub.wsgi import application


def test_offers_a_wsgi_application() -> None:
    assert isinstance(application, WSGIHandler)
