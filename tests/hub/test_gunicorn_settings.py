import logging
import subprocess
import sys


def test_gunicorns_own_lines_are_json_without_numbers() -> None:
    code = (
        "import logging.config; from cleannet.hub import gunicorn_settings as s; "
        "logging.config.dictConfig(s.logconfig_dict); logging.getLogger('gunicorn.error').propagate or exit(3); "
        "logging.getLogger('gunicorn.error').warning('worker %s', '13800138000')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert '"worker [number]"' in line
    assert logging.getLevelName(30).lower() in line
