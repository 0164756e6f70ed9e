import re

from django.utils import translation

from cleannet.core.refusal import Refusal
from cleannet.hub.message_words import MESSAGE_WORDS
from cleannet.hub.watch.actions import MessageRefused
from cleannet.hub.wording import told


def test_every_code_that_the_refusal_names_is_worded_and_no_other() -> None:
    first, *others = re.findall(r"`([a-z_.]+)`", str(MessageRefused.__doc__))
    assert {first, *(f"message{code}" for code in others)} | {"message.edge_known"} == set(MESSAGE_WORDS)


def test_a_refusal_says_what_and_what_to_do() -> None:
    with translation.override("en"):
        words = told(Refusal("message.key_superseded", edge="e1"))
    assert words.status == 409
    assert words.what == "The edge e1 has a newer key than the one that signed this."
    assert "revoked" in words.remedy
