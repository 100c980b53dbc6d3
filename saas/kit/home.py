"""Where a running Wattlane keeps its things, and at which addresses its parts listen.

Everything of one installation lies under `WATTLANE_HOME` (default: `.wattlane` beside the code). Every port and every
store can be changed by environment; nothing here needs Django.
"""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CODE = Path(__file__).resolve().parents[2]
SECRET_NAMES = (
    "django",
    "master_key",
    "door",
    "pipelines",
    "jwt",
    "mqtt_ingester",
    "mqtt_dispatcher",
    "mqtt_gateway",
    "mqtt_answers",
)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SystemExit(f"{name}={text!r} is not a port. Set it to a number from 1 to 65535.")
    return int(text)


@dataclass(frozen=True)
class Home:
    """Paths, ports and secrets of one installation."""

    path: Path

    @cached_property
    def web_port(self) -> int:
        return _port("WATTLANE_WEB_PORT", 8000)

    @cached_property
    def ocpp_port(self) -> int:
        return _port("WATTLANE_OCPP_PORT", 9000)

    @cached_property
    def ocpp_tls_port(self) -> int | None:
        """Where OCPP stations connect by TLS (security profiles 2 and 3); None: nowhere."""
        return _port("WATTLANE_OCPP_TLS_PORT", 0) if os.environ.get("WATTLANE_OCPP_TLS_PORT") else None

    @cached_property
    def mqtt_port(self) -> int:
        return _port("WATTLANE_MQTT_PORT", 18830)

    @cached_property
    def mqtt_tls_port(self) -> int | None:
        """Where the embedded broker listens with TLS; None: nowhere."""
        return _port("WATTLANE_MQTT_TLS_PORT", 0) if os.environ.get("WATTLANE_MQTT_TLS_PORT") else None

    @cached_property
    def analytics_port(self) -> int:
        return _port("WATTLANE_ANALYTICS_PORT", 8501)

    @cached_property
    def dagster_port(self) -> int:
        return _port("WATTLANE_DAGSTER_PORT", 3000)

    @cached_property
    def live_port(self) -> int:
        return _port("WATTLANE_LIVE_PORT", 8010)

    @property
    def bind(self) -> str:
        """Address that servers listen on: loopback unless told otherwise."""
        return os.environ.get("WATTLANE_BIND", "127.0.0.1")

    @property
    def run(self) -> Path:
        """Addresses and pids of what is running now."""
        return self._folder("run")

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    @property
    def frames(self) -> Path:
        """Raw logs of OCPP stations, one folder each; see saas.kit.framelog."""
        return self._folder("logs") / "ocpp"

    @property
    def files(self) -> Path:
        """Files of tenants: photos, reports. One folder per tenant."""
        return self._folder("files")

    @property
    def pki(self) -> Path:
        """The installation's own certificate authority, see saas.kit.pki; `ca.pem` in it is what clients trust."""
        return self._folder("pki")

    @property
    def tls_names(self) -> list[str]:
        """Names under which clients reach our TLS ports: this host's, and what `WATTLANE_TLS_NAMES` lists by comma."""
        given = [name.strip() for name in os.environ.get("WATTLANE_TLS_NAMES", "").split(",") if name.strip()]
        return list(dict.fromkeys([*given, "localhost", "127.0.0.1", "::1", socket.gethostname()]))

    @property
    def lake(self) -> str:
        """Address of the lake: a folder here, object storage by `LAKE_URL`."""
        return os.environ.get("LAKE_URL") or str(self._folder("lake"))

    @property
    def demo_json(self) -> Path:
        return self.path / "demo.json"

    @property
    def database_url(self) -> str:
        """`DATABASE_URL`, else the embedded PostgreSQL that `wattlane demo` started."""
        if url := os.environ.get("DATABASE_URL"):
            return url
        file = self.run / "database_url"
        if not file.exists():
            raise SystemExit("No database: start the product with `make demo`, or set DATABASE_URL.")
        return file.read_text(encoding="utf-8").strip()

    @property
    def mqtt_url(self) -> str:
        """Address of the broker without credentials, such as mqtt://127.0.0.1:18830."""
        return os.environ.get("MQTT_URL") or f"mqtt://127.0.0.1:{self.mqtt_port}"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Random secrets of this installation, made once; `WATTLANE_SECRET_<NAME>` overrides each."""
        file = self.path / "secrets.json"
        held: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        missing = [name for name in SECRET_NAMES if name not in held]
        if missing:
            held |= {name: secrets.token_urlsafe(32) for name in missing}
            self._write_private(file, json.dumps(held, indent=1))
        return {name: os.environ.get(f"WATTLANE_SECRET_{name.upper()}", value) for name, value in held.items()}

    def _folder(self, name: str) -> Path:
        folder = self.path / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemExit(f"{folder}: {error.strerror}. Set WATTLANE_HOME to a folder that you may write.") from None
        return folder

    def _write_private(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8")
        part.replace(file)


def home() -> Home:
    """The installation that this process belongs to."""
    return Home(Path(os.environ.get("WATTLANE_HOME") or CODE / ".wattlane").resolve())
