import re

from cleannet.hub.disposal.tables import __file__ as source
from cleannet.hub.route_words import ROUTE_WORDS
from cleannet.hub.wording import WORDS


def test_every_code_that_is_raised_is_worded_and_no_other() -> None:
    with open(source, encoding="utf-8") as file:
        raised = set(re.findall(r'RouteRefused\("(route\.[a-z_]+)"', file.read()))
    assert raised == set(ROUTE_WORDS)
    assert {code: WORDS[code] for code in ROUTE_WORDS} == ROUTE_WORDS
