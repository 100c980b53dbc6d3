"""The Django application, synchronous."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
application = get_wsgi_application()
