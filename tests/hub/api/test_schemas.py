import pytest
from pydantic import ValidationError

from cleannet.hub.api import schemas


def test_feedback_needs_to_say_what_was_done_when() -> None:
    made = schemas.FeedbackIn.model_validate(
        {"items": [{"order": "N", "done": True}], "disposed_at": "2026-01-01T00:00:00Z"}
    )
    assert made.items[0].reason == ""
    assert made.users_told is None
    with pytest.raises(ValidationError):
        schemas.FeedbackIn.model_validate({"items": [{"order": "N"}], "disposed_at": "2026-01-01T00:00:00Z"})
