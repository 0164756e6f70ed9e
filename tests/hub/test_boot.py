import argparse
import subprocess
import sys

import pytest

from cleannet.hub import boot


def test_runs_the_target_with_the_options() -> None:
    calls = boot.later("operator:length_hint")
    assert calls(argparse.Namespace(__len__=None)) == 0


def test_a_target_that_is_not_there_is_a_bug() -> None:
    with pytest.raises(AttributeError):
        boot.later("operator:no_such_function")(argparse.Namespace())


def test_finds_what_needs_django() -> None:
    assert boot.found("django.contrib.auth.models:User").__name__ == "User"


def test_without_django_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['django'] = None; import argparse; from cleannet.hub import boot; "
        "sys.exit(boot.later('cleannet.hub.operations:check')(argparse.Namespace()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "install cleannet[hub]" in done.stderr


def test_naming_a_command_does_not_load_django() -> None:
    code = "import sys; import cleannet.hub.commands, cleannet.hub.ledger.commands; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
