"""What the web server runs: `granian --interface asgi saas.config.asgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
os.environ.setdefault("WATTLANE_STATEMENT_TIMEOUT_MS", "15000")
django = get_wsgi_application()  # before the door is imported: it uses models

from saas.edge.door.entrance import Entrance  # noqa: E402
from saas.kit import logs  # noqa: E402
from saas.kit.home import home  # noqa: E402

logs.configure("web")

application = Entrance(
    django,
    live_port=home().live_port,
    analytics_port=home().analytics_port,
    threads=int(os.environ.get("WATTLANE_WEB_THREADS", "12")),
)
