"""Django settings of every process. What differs between installations comes from `home` and the environment."""

import os
from urllib.parse import parse_qs, unquote, urlsplit

from saas.kit import smtp
from saas.kit.home import CODE, home

HOME = home()
SECRET_KEY = HOME.secrets["django"]
JWT_SECRET = HOME.secrets["jwt"]
DEBUG = os.environ.get("WATTLANE_DEBUG") == "1"
BASE_DOMAIN = os.environ.get("WATTLANE_DOMAIN", "localhost")
SCHEME = os.environ.get("WATTLANE_SCHEME", "http")
ALLOWED_HOSTS = ["*"]  # the tenant middleware answers 404 to every host that is not in the domain table

# -- tenancy -----------------------------------------------------------------------------------------------------
TENANT_MODEL = "tenancy.Tenant"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
PUBLIC_SCHEMA_NAME = "public"
TENANT_LIMIT_SET_CALLS = True  # one SET search_path a change of tenant, not one a statement; rollbacks set it anew
PUBLIC_SCHEMA_URLCONF = "saas.config.urls_public"
ROOT_URLCONF = "saas.config.urls_tenant"
AUTH_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "tenants.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
SHARED_APPS = [
    "django_tenants",
    "saas.tenancy",
    "saas.devices",
    "saas.kit",
    "saas.web",
    "procrastinate.contrib.django",
    *AUTH_APPS,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rules",
]
TENANT_APPS = [
    *AUTH_APPS,
    "tenants.feed",
    "tenants.sites",
    "tenants.tariffs",
    "tenants.marketplace",
    "tenants.bookings",
    "tenants.ledger",
    "tenants.payments",
    "tenants.cards",
    "tenants.charging",
    "tenants.adapters",
    "tenants.stations",
    "tenants.operations",
    "tenants.power",
    "tenants.fleets",
    "tenants.energy",
    "tenants.dashboards",
    "tenants.carbon",
    "tenants.credits",
    "tenants.pricing",
    "tenants.maintenance",
]
INSTALLED_APPS = list(dict.fromkeys([*SHARED_APPS, *TENANT_APPS]))

MIDDLEWARE = [
    "saas.config.health.HealthMiddleware",
    "saas.kit.http.RequestLog",
    "saas.kit.http.SecurityHeaders",
    "tenants.operations.serving.FirmwareDoor",
    "saas.tenancy.middleware.TenantMiddleware",
    "saas.kit.http.CrossOrigin",
    "saas.kit.http.ProgramErrors",
    "saas.kit.entrances.EntranceLimits",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "saas.tenancy.middleware.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "saas.web.refusals.RefusalMiddleware",
]
WSGI_APPLICATION = "saas.config.wsgi.application"

# -- storage -----------------------------------------------------------------------------------------------------


# A web process sets this, so that a request never hangs on a statement or a lock; jobs and migrations may take long.
STATEMENT_TIMEOUT_MS = os.environ.get("WATTLANE_STATEMENT_TIMEOUT_MS", "")
LIMITS = (
    {"options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS}"}
    if STATEMENT_TIMEOUT_MS.isdigit()
    else {}
)


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **LIMITS, **query},
    }


DATABASES = {"default": _database(HOME.database_url)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

# -- accounts ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_ADAPTER = "tenants.accounts.adapter.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SCHEME
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# By address, per process (with several, a shared cache is needed); the lock-out by account is in the database.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}

# -- cookies and headers (every sibling sub-domain is hostile) -----------------------------------------------------
SECURE = SCHEME == "https"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
TILES_ORIGIN = os.environ.get(
    "WATTLANE_TILES_ORIGIN", ""
)  # of a tile server such as https://tiles.example; empty: ours
CADT_URL = os.environ.get("WATTLANE_CADT_URL", "")  # API of the Climate Action Data Trust; empty: an offline stand-in
CADT_KEY = os.environ.get("WATTLANE_CADT_KEY", "")
API_PER_MINUTE = int(os.environ.get("WATTLANE_API_PER_MINUTE", "1200"))  # of one person, in one process
TRUST_PROXY = os.environ.get("WATTLANE_TRUST_PROXY") == "1"

# -- pages ---------------------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "saas.config.pages.frame",
            ],
            "builtins": ["saas.web.templatetags.wattlane"],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("WATTLANE_STATIC") or CODE / "build" / "static"  # collected by `saas.web.build`
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "saas.web.storage.HashedStatic"},
}
WHITENOISE_USE_FINDERS = True  # a checkout without collected files serves them from where they lie
CSRF_FAILURE_VIEW = "saas.web.views.form_expired"
TILES_URL = os.environ.get("WATTLANE_TILES_URL", "")  # style of a tile server; empty: the offline base map
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية"), ("fa", "فارسی")]
LOCALE_PATHS = [CODE / "saas" / "web" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
SMTP_URL = os.environ.get("SMTP_URL", "")  # without one, mails are files that people can read
MAIL_SERVER = smtp.server_of(SMTP_URL)
EMAIL_BACKEND = os.environ.get(
    "WATTLANE_EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if SMTP_URL else 'filebased'}.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
EMAIL_USE_SSL, EMAIL_USE_TLS, EMAIL_TIMEOUT = MAIL_SERVER.tls, MAIL_SERVER.starttls, smtp.TIMEOUT_S
EMAIL_FILE_PATH = HOME.path / "mail"
