import pytest
from tests.hub.web.conftest import ClientOf, issue
from tests.hub.world import World

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


@pytest.fixture
def issued(case: str, client_of: ClientOf) -> str:
    """Return a notice with two orders to op1, issued through the pages."""
    return issue(client_of, case, [HOST, OTHER], "op1")


def test_orders_are_listed_by_state_and_each_sees_its_own(issued: str, world: World, client_of: ClientOf) -> None:
    own = client_of("op1").get("/orders").content.decode()
    assert "c2[.]evil-emial[.]example[.]com" in own
    assert HOST not in own
    assert "c2[.]evil" not in client_of("op1").get("/orders?state=verified").content.decode()
    assert "There is no order here." in client_of("op2").get("/orders").content.decode()
