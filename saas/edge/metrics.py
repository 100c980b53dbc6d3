"""Prometheus metrics of the edge processes, on a loopback port when one is named."""

import os

import structlog
from prometheus_client import Counter, Gauge, Histogram, start_http_server

log = structlog.get_logger("wattlane")
MESSAGES = Counter("wattlane_ingested_messages", "Messages from devices, by what became of them", ["outcome"])
UNKNOWN_SESSION = Counter("wattlane_unknown_session_samples", "Samples kept as facts whose session no tenant knows")
CLOCKS_OFF = Counter("wattlane_clock_off_messages", "Messages stored whose device's clock is wrong beyond doubt")
BATCH_SECONDS = Histogram("wattlane_ingest_batch_seconds", "Time of one committed batch")
DATABASE_AWAY = Counter("wattlane_database_away", "Attempts that found the database away")
TOLD = Counter("wattlane_limits_told", "Current limits told to stations and adapters")
COMMANDS = Counter("wattlane_commands_sent", "Commands published to devices")
REFUSED = Counter("wattlane_broker_refused", "What clients of the broker tried and may not, by reason", ["reason"])
CREDENTIALS = Counter("wattlane_broker_credentials", "Changes of credentials carried to the broker, by kind", ["kind"])
QUESTIONS = Counter("wattlane_questions", "Questions of the gateway, by method", ["method"])
LISTENERS = Gauge("wattlane_live_connections", "Open live feeds")
PUSHED = Counter("wattlane_live_events", "Events written to live feeds")


def serve(process: str) -> None:
    """Listen on 127.0.0.1 at `WATTLANE_METRICS_<PROCESS>`; nothing without it."""
    port = os.environ.get(f"WATTLANE_METRICS_{process.upper()}", "")
    if port.isdigit():
        start_http_server(int(port), addr="127.0.0.1")
        log.info("metrics", address=f"127.0.0.1:{port}")
