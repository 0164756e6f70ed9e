"""Let gunicorn write its own lines as the hub writes all others; `supervise` names this module to it."""

import os

from cleannet.hub import environment, logs

_LEVEL = str(environment.read(os.environ)["LOG_LEVEL"]).upper()
_OWN = {"handlers": [], "level": _LEVEL, "propagate": True}
_CONFIGURATION = logs.configuration(_LEVEL)
logconfig_dict = {
    **_CONFIGURATION,
    "loggers": {**_CONFIGURATION["loggers"], "gunicorn.error": _OWN, "gunicorn.access": _OWN},
}
logs.catch_uncaught()
