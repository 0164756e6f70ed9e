"""Django's settings of the hub; what may differ comes from `cleannet.hub.environment`."""

import ipaddress
import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cleannet.hub import environment, logs

try:
    VALUES = environment.read(os.environ)
    CLEANNET_DATA = Path(str(VALUES["DATA"])).absolute()
    DATABASES = {"default": environment.database(str(VALUES["DATABASE_URL"]), CLEANNET_DATA)}
except environment.BadSetting as error:
    raise ImproperlyConfigured(str(error)) from error


def _listed(name: str) -> list[str]:
    return [item.strip() for item in str(VALUES[name]).split(",") if item.strip()]


def _secret_key() -> str:
    """Return the key given or made at set-up; without one a key that dies with the process, never a known one."""
    given = str(VALUES["SECRET_KEY"])
    file = CLEANNET_DATA / "keys" / "secret_key"
    if given or not file.is_file():
        return given or secrets.token_urlsafe(50)
    return file.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()
DEBUG = bool(VALUES["DEBUG"])
ALLOWED_HOSTS = _listed("HOSTS")
CSRF_TRUSTED_ORIGINS = _listed("ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "cleannet.hub.blobs",
    "cleannet.hub.ledger",
    "cleannet.hub.parties",
    "cleannet.hub.papers",
    "cleannet.hub.programs",
    "cleannet.hub.watch",
    "cleannet.hub.incidents",
    "cleannet.hub.disposal",
    "cleannet.hub.api",
    "cleannet.hub.jobs",
    "cleannet.hub.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "cleannet.hub.api.conventions.in_problems",
    "cleannet.hub.web.access.bounded",
]
ROOT_URLCONF = "cleannet.hub.urls"
WSGI_APPLICATION = "cleannet.hub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cleannet.hub.web.access.frame",
            ],
            "builtins": ["django.templatetags.i18n", "cleannet.hub.web.shown"],
        },
    }
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "cleannet.hub.web.access.bad_csrf"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = str(VALUES["LANGUAGE"]).lower()
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
_HTTPS = bool(VALUES["HTTPS"])
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_" + str(VALUES["PROXY_HEADER"]).upper().replace("-", "_"), "https") if VALUES["PROXY_HEADER"] else None
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
# A table of routes of 64 MiB as JSON, or 64 MiB of files of an appeal in base64.
DATA_UPLOAD_MAX_MEMORY_SIZE = 96 * 2**20
# A page on a thousand orders sends some fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LOGGING = logs.configuration(str(VALUES["LOG_LEVEL"]).upper())
logs.use_structlog()

CLEANNET_CODE = str(VALUES["CODE"])
CLEANNET_PARTY = str(VALUES["PARTY"])
CLEANNET_ROLE = str(VALUES["ROLE"])
CLEANNET_BIND = str(VALUES["BIND"])
CLEANNET_PROXIES = [ipaddress.ip_network(network) for network in _listed("PROXIES")]
CLEANNET_WORKERS = int(VALUES["WORKERS"])
CLEANNET_CLAIM_MINUTES = int(VALUES["CLAIM_MINUTES"])
CLEANNET_SIGN_MINUTES = int(VALUES["SIGN_MINUTES"])
CLEANNET_NOTIFY_MINUTES = int(VALUES["NOTIFY_MINUTES"])
CLEANNET_COVERAGE_HOURS = int(VALUES["COVERAGE_HOURS"])
CLEANNET_UNSEALED_SECONDS = int(VALUES["UNSEALED_SECONDS"])
CLEANNET_TICK_SECONDS = int(VALUES["TICK_SECONDS"])
CLEANNET_LEASE_SECONDS = int(VALUES["LEASE_SECONDS"])
CLEANNET_BLOB_MEBIBYTES = int(VALUES["BLOB_MEBIBYTES"])
CLEANNET_DNS_PRIMARY = str(VALUES["DNS_PRIMARY"])
CLEANNET_DNS_ZONE, CLEANNET_DNS_BULK_ZONE = (
    zone and f"{zone.rstrip('.').lower()}." for zone in (str(VALUES["DNS_ZONE"]), str(VALUES["DNS_BULK_ZONE"]))
)
CLEANNET_ZONE_FOLDER = str(VALUES["ZONE_FOLDER"])
CLEANNET_DNS_KEY_NAME = str(VALUES["DNS_KEY_NAME"])
CLEANNET_DNS_KEY = str(VALUES["DNS_KEY"])
CLEANNET_DNS_RESOLVERS = str(VALUES["DNS_RESOLVERS"])
CLEANNET_DNS_ROOTS = str(VALUES["DNS_ROOTS"])
CLEANNET_DNS_SECONDS = int(VALUES["DNS_SECONDS"])
CLEANNET_ADDRESS_FILES = str(VALUES["ADDRESS_FILES"])
CLEANNET_RDAP = str(VALUES["RDAP"])
CLEANNET_WHOIS = str(VALUES["WHOIS"])
CLEANNET_REGISTRY_SECONDS = int(VALUES["REGISTRY_SECONDS"])
CLEANNET_PROBE_EGRESS = str(VALUES["PROBE_EGRESS"])
CLEANNET_PROBE_CONTACT = str(VALUES["PROBE_CONTACT"])
CLEANNET_PROBE_OPT_OUT = _listed("PROBE_OPT_OUT")
CLEANNET_PROBE_CLOSED_NETWORKS = [ipaddress.ip_network(network) for network in _listed("PROBE_CLOSED_NETWORKS")]
CLEANNET_PROBE_SECONDS = int(VALUES["PROBE_SECONDS"])
CLEANNET_PROBE_HOST_SECONDS = int(VALUES["PROBE_HOST_SECONDS"])
CLEANNET_PROBE_RDAP = str(VALUES["PROBE_RDAP"])
CLEANNET_VERIFY_MINUTES = int(VALUES["VERIFY_MINUTES"])
CLEANNET_RELAPSE_DAYS = [int(day) for day in _listed("RELAPSE_DAYS")]
