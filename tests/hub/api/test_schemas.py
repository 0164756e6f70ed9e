from datetime import datetime

import pytest
from ninja import Schema
from pydantic import AfterValidator, ValidationError

from cleannet.hub.api import register, schemas


def test_feedback_needs_to_say_what_was_done_when() -> None:
    made = schemas.FeedbackIn.model_validate(
        {"items": [{"order": "N", "done": True}], "disposed_at": "2026-01-01T00:00:00Z"}
    )
    assert made.items[0].reason == ""
    assert made.users_told is None
    with pytest.raises(ValidationError):
        schemas.FeedbackIn.model_validate({"items": [{"order": "N"}], "disposed_at": "2026-01-01T00:00:00Z"})


def test_every_moment_taken_in_is_one_that_every_zone_can_tell() -> None:
    taken = {
        name
        for module in (schemas, register)
        for made in vars(module).values()
        if isinstance(made, type) and issubclass(made, Schema) and made.__name__.endswith("In")
        for name, field in made.model_fields.items()
        if field.annotation is datetime and AfterValidator not in {type(one) for one in field.metadata}
    }
    assert taken == set()
    for year in ("0001", "1999", "9999"):
        with pytest.raises(ValidationError, match="between 2000 and 9998"):
            schemas.CameIn.model_validate({"received_at": f"{year}-01-01T00:00:00+08:00"})


def test_more_people_than_a_column_holds_are_refused() -> None:
    given = {"warned_at": "2026-01-01T00:00:00Z"}
    assert schemas.WarnedIn.model_validate({"users_told": 2**31 - 1, **given}).users_told == 2**31 - 1
    with pytest.raises(ValidationError, match="users_told"):
        schemas.WarnedIn.model_validate({"users_told": 2**31, **given})
