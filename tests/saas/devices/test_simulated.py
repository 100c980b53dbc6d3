"""The door to the simulated street: there only while the street is."""

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.devices import simulated
from saas.kit.home import Home

CODE = "482913"


class Street(socketserver.StreamRequestHandler):
    """Speaks as firmware.simulator.control does, for one device."""

    def handle(self) -> None:
        request = json.loads(self.rfile.readline())
        if request["device"] != "ad_here":
            answer: dict[str, object] = {"ok": False, "error": "no such device"}
        elif request["do"] == "type_code" and request["code"] != CODE:
            answer = {"ok": False, "error": "wrong_code"}
        else:
            answer = {"ok": True}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    here = Home(tmp_path)
    monkeypatch.setattr(simulated, "home", lambda: here)
    return here


@pytest.fixture
def street(place: Home) -> Iterator[Home]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Street) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (place.run / "street.json").write_text(json.dumps({"control": server.server_address[1]}))
        yield place
        server.shutdown()


@pytest.mark.usefixtures("street")
def test_the_device_itself_decides_about_the_code() -> None:
    assert simulated.is_simulated("ad_here") and not simulated.is_simulated("ad_elsewhere")
    assert not simulated.is_simulated(None)
    assert simulated.type_code(device_id="ad_here", code=CODE) == ""
    assert simulated.type_code(device_id="ad_here", code="000000") == "wrong_code"


@pytest.mark.parametrize("content", [None, "", "{}", '{"control": 1}', "nonsense"])
def test_where_no_street_runs_nothing_is_simulated(place: Home, content: str | None) -> None:
    if content is not None:
        (place.run / "street.json").write_text(content)
    assert not simulated.is_simulated("ad_here")
    assert simulated.type_code(device_id="ad_here", code=CODE) == simulated.AWAY
