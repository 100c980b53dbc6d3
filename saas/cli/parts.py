"""The processes of one installation: what is started, how, and when it counts as ready. Adding one is adding a line."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

from saas.edge.ingester.count import ingester_count
from saas.kit.home import Home

from .supervisor import Part, listens

PYTHON = sys.executable


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own loopback address
                return bool(answer.status < 500)
        except urllib.error.HTTPError as error:
            return error.code < 500
        except (OSError, ValueError):
            return False

    return ready


def broker(home: Home) -> Part:
    """The embedded MQTT broker."""
    return Part("broker", [PYTHON, "-m", "saas.edge.broker"], lambda: listens(home.mqtt_port))


def first(home: Home) -> list[Part]:
    """What needs no database: started while the schemas are prepared."""
    return [
        broker(home),
        *_pipelines(home),
        Part("analytics", [PYTHON, "-m", "analytics_app"], lambda: listens(home.analytics_port)),
    ]


def second(home: Home) -> list[Part]:
    """What needs the prepared database."""
    return [
        Part("web", web_argv(home), _answers(f"http://127.0.0.1:{home.web_port}/readyz")),
        Part("live", [PYTHON, "-m", "saas.edge.live"], lambda: listens(home.live_port)),
        *ingesters(),
        Part("dispatcher", [PYTHON, "-m", "saas.edge.dispatcher"]),
        Part("balancer", [PYTHON, "-m", "saas.edge.balancer"]),
        Part("answers", [PYTHON, "-m", "saas.edge.answers"]),
        Part("gateway", [PYTHON, "-m", "saas.edge.ocpp"], lambda: listens(home.ocpp_port)),
        Part("worker", [PYTHON, "-m", "saas.config.worker"]),
    ]  # fmt: skip


def ingesters() -> list[Part]:
    """`WATTLANE_INGESTERS` of them share the devices; one unless told otherwise. Their metrics on ports in a row."""
    argv, count = [PYTHON, "-m", "saas.edge.ingester"], ingester_count()
    if count == 1:
        return [Part("ingester", argv)]
    metrics = os.environ.get("WATTLANE_METRICS_INGESTER", "")
    ports = [str(int(metrics) + index) if metrics.isdigit() else "" for index in range(count)]
    return [
        Part(
            f"ingester-{index + 1}", argv, None,
            {"WATTLANE_INGESTER_NUMBER": str(index + 1), "WATTLANE_METRICS_INGESTER": port},
        )
        for index, port in enumerate(ports)
    ]  # fmt: skip


def street(home: Home) -> Part:
    """The simulated adapters; they run the firmware's own logic."""
    devices = home.path / "street" / "devices.json"
    argv = [PYTHON, "-m", "firmware.simulator", "--devices", str(devices), "--home", str(home.path)]
    return Part("street", [*argv, "--mqtt", f"127.0.0.1:{home.mqtt_port}", "--control", "0"])


def depot(home: Home, *, visits_s: float) -> Part:
    """The simulated OCPP stations; `visits_s`: seconds between vehicles that come by themselves, 0 for none."""
    rows, told = home.path / "street" / "stations.json", home.run / "depot.json"
    argv = [PYTHON, "-m", "firmware.stations", "--stations", str(rows), "--visits", str(visits_s)]
    address = ["--ocpp", f"ws://127.0.0.1:{home.ocpp_port}/ocpp", "--control", "0", "--run-file", str(told)]
    return Part("depot", [*argv, *address])


def web_argv(home: Home) -> list[str]:
    """The web server: one process, ASGI outside, Django in threads inside."""
    argv = [PYTHON, "-m", "granian", "--interface", "asgi", "--host", home.bind, "--port", str(home.web_port)]
    return [*argv, "--workers-kill-timeout", "10", "--log-level", "warning", "saas.config.asgi:application"]


def _pipelines(home: Home) -> list[Part]:
    folder = home.path / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"DAGSTER_HOME": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"}
    start = [PYTHON, "-m", "pipelines.defs.start"]
    ready = _answers(f"http://127.0.0.1:{home.dagster_port}/server_info")
    return [
        Part("dagster", [*start, "web", "-h", home.bind, "-p", str(home.dagster_port)], ready, environment),
        Part("scheduler", [*start, "daemon"], None, environment),
    ]
