import argparse

import pytest

from cleannet.hub import commands, operations


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    return parser


@pytest.mark.parametrize("name", "setup migrate check serve tick rotate-master rotate-signer redeliver".split())
def test_every_command_has_its_operation(parser: argparse.ArgumentParser, name: str) -> None:
    options = parser.parse_args(["hub", name])
    assert callable(options.run)
    assert callable(getattr(operations, name.replace("-", "_")))


def test_wrong_use_ends_with_status_2(parser: argparse.ArgumentParser) -> None:
    for arguments in (["hub"], ["hub", "dance"], ["hub", "tick", "--twice"]):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(arguments)
        assert ended.value.code == 2
