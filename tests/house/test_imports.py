"""The rules on imports that import-linter's contracts do not say."""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCES = Path("src/cleannet")
CORE_MAY = sys.stdlib_module_names | {"cleannet", "idna", "publicsuffixlist"}
CORE_MAY_NOT = set(
    [
        "asyncio",
        "concurrent",
        "ftplib",
        "http",
        "logging",
        "multiprocessing",
        "os",
        "random",
        "secrets",
        "select",
        "shutil",
        "smtplib",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
        "uuid",
    ]
)
FORMATS_MAY_NOT = set(
    [
        "asyncio",
        "django",
        "ftplib",
        "http",
        "httpx",
        "multiprocessing",
        "requests",
        "smtplib",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "urllib.request",
    ]
)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_layer(trees: Mapping[Path, ast.Module], layer: str) -> Iterator[tuple[Path, str]]:
    for path, tree in trees.items():
        if path.is_relative_to(SOURCES / layer):
            yield from ((path, name) for name in imported(tree))


def within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def test_core_needs_the_standard_library_idna_and_publicsuffixlist_only(trees: Mapping[Path, ast.Module]) -> None:
    found = {f"{path}: {name}" for path, name in of_layer(trees, "core") if name.split(".")[0] not in CORE_MAY}
    assert found == set()


def test_core_asks_neither_the_machine_nor_the_clock(trees: Mapping[Path, ast.Module]) -> None:
    assert {f"{path}: {name}" for path, name in of_layer(trees, "core") if within(name, CORE_MAY_NOT)} == set()


def test_formats_open_no_sockets(trees: Mapping[Path, ast.Module]) -> None:
    assert {f"{path}: {name}" for path, name in of_layer(trees, "formats") if within(name, FORMATS_MAY_NOT)} == set()


def test_the_models_of_every_app_have_their_contract(root: Path, tracked: tuple[Path, ...]) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    kept = {
        (module, importer)
        for contract in contracts
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
        for importer in contract["allowed_importers"]
    }
    # An app may part its models in several files: models.py and others named *_models.py.
    files = {(path.parent.name, path.stem) for path in tracked if path.match("src/cleannet/hub/*/*models.py")}
    assert kept == {(f"cleannet.hub.{app}.{stem}", f"cleannet.hub.{app}") for app, stem in files}
