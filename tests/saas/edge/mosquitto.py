"""Mosquitto with the production configuration, moved to free ports and a temporary folder."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

from .processes import CODE, free_port, listens, until

INSTALLED = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Mosquitto:
    """Started with infra/mosquitto/mosquitto.conf and the files of `wattlane broker mosquitto`, which lie in `files`.

    `device_port` and `tls_port` are its TLS listeners, `own_port` the plain one.
    """

    def __init__(self, folder: Path, files: Path) -> None:
        self.folder, self.device_port, self.own_port, self.tls_port = folder, free_port(), free_port(), free_port()
        text = (CODE / "infra" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
        changes = {
            r"listener 8883": f"listener {self.device_port} 127.0.0.1",
            r"listener 1883": f"listener {self.own_port} 127.0.0.1",
            r"listener 8884": f"listener {self.tls_port} 127.0.0.1",
            r"/run/mosquitto/mosquitto.pid": str(folder / "mosquitto.pid"),
            r"/etc/mosquitto/wattlane/": f"{files}/",
            r"/var/lib/mosquitto/": f"{folder}/",
        }
        for pattern, new in changes.items():
            text, count = re.subn(f"(?m)^((?!#).*){pattern}", rf"\g<1>{new}", text)
            assert count, f"{pattern} is not in mosquitto.conf any more"
        (folder / "mosquitto.conf").write_text(f"user root\n{text}", encoding="utf-8")
        if (files / "dynamic-security.json").exists():
            shutil.copyfile(files / "dynamic-security.json", self.clients_file)
        self.start()

    @property
    def clients_file(self) -> Path:
        """Where the plug-in keeps its list."""
        return self.folder / "dynamic-security.json"

    def start(self) -> None:
        """Listening when this returns."""
        with (self.folder / "mosquitto.log").open("ab") as log:
            command = [str(INSTALLED), "-c", str(self.folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: listens(self.own_port), seconds=5, what="Mosquitto listens")

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def close(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(10)
