from importlib.util import find_spec

import pytest
from tests.conftest import not_run


@pytest.fixture
def with_tlsh() -> None:
    """End a test as not run where py-tlsh, which comes as source, is not installed."""
    if find_spec("tlsh") is None:
        not_run("py-tlsh")
