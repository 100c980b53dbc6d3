"""Starts the dashboards: `python -m analytics_app`. Loopback only; people come through the door at `/analytics/`."""

import os

from analytics_app.server import app

CONFIG = {
    "server.address": "127.0.0.1",
    "server.port": int(os.environ.get("WATTLANE_ANALYTICS_PORT", "8501")),
    "server.baseUrlPath": "analytics",
    "server.headless": True,
    "server.fileWatcherType": "none",
    # The door demands that Origin and Host agree; Streamlit's own check knows only one host and refuses every tenant's.
    "server.enableCORS": False,
    "server.enableXsrfProtection": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "logger.level": "warning",
}

if __name__ == "__main__":
    app.run(config=CONFIG)
