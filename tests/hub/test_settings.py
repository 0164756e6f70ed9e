import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

IMPORT = "from cleannet.hub import settings as s; "


def run(code: str, folder: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLEANNET_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=clean | environ, capture_output=True, text=True, check=False
    )


def test_a_bare_import_needs_nothing_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    done = run(IMPORT + "print(s.CLEANNET_DATA)", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(folder / "var")
    assert list(folder.iterdir()) == []


def test_there_is_no_default_secret(tmp_path: Path) -> None:
    keys = {run(IMPORT + "print(s.SECRET_KEY)", tmp_path).stdout for _ in range(2)}
    assert len(keys) == 2
    assert all(len(key) > 50 for key in keys)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text("made at set-up\n", encoding="ascii")
    done = run(IMPORT + "print(s.SECRET_KEY)", tmp_path, CLEANNET_DATA=str(tmp_path))
    assert done.stdout == "made at set-up\n"
    done = run(IMPORT + "print(s.SECRET_KEY)", tmp_path, CLEANNET_DATA=str(tmp_path), CLEANNET_SECRET_KEY="given")
    assert done.stdout == "given\n"


def test_a_wrong_value_is_said_in_a_sentence(tmp_path: Path) -> None:
    code = "import sys; from cleannet.cli import main; sys.exit(main(['hub', 'check']))"
    done = run(code, tmp_path, CLEANNET_WORKERS="many")
    assert done.returncode == 1
    assert done.stderr.strip() == "CLEANNET_WORKERS is “many”; write a whole number from 1 up"


def test_https_hardens_cookies_and_headers(tmp_path: Path) -> None:
    code = IMPORT + (
        "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.SECURE_SSL_REDIRECT; "
        "assert s.SECURE_HSTS_SECONDS > 0; assert s.SECURE_PROXY_SSL_HEADER == ('HTTP_X_FORWARDED_PROTO', 'https')"
    )
    done = run(code, tmp_path, CLEANNET_HTTPS="yes", CLEANNET_PROXY_HEADER="X-Forwarded-Proto")
    assert done.returncode == 0, done.stderr


def test_nothing_inline_or_foreign_is_allowed() -> None:
    directives: Any = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed == {"'none'", "'self'"}
    assert settings.X_FRAME_OPTIONS == "DENY"
    assert settings.SESSION_COOKIE_HTTPONLY


def test_chinese_comes_first_and_the_clock_is_beijing() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["zh-hans", "en"]
    assert (settings.TIME_ZONE, settings.USE_TZ) == ("Asia/Shanghai", True)


@pytest.mark.django_db
def test_sqlite_runs_as_it_should() -> None:
    if connection.vendor != "sqlite":
        assert connection.settings_dict["ENGINE"].endswith("postgresql")
        return
    with connection.cursor() as cursor:
        answers = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")}
    assert answers == {"synchronous": 2, "secure_delete": 1}
