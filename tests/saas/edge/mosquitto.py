"""Mosquitto with the production configuration, moved to free ports and a temporary folder."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

from .processes import CODE, free_port, listens, until

INSTALLED = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Mosquitto:
    """Started with the files of infra/mosquitto; TLS left out. `device_port` and `own_port` as the two listeners."""

    def __init__(self, folder: Path, passwords: Path) -> None:
        self.folder, self.device_port, self.own_port = folder, free_port(), free_port()
        text = (CODE / "infra" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
        changes = {
            r"listener 8883": f"listener {self.device_port} 127.0.0.1",
            r"listener 1883": f"listener {self.own_port} 127.0.0.1",
            r"(certfile|keyfile) .*": "",
            r"/run/mosquitto/mosquitto.pid": str(folder / "mosquitto.pid"),
            r"/etc/mosquitto/wattlane/mosquitto.passwd": str(passwords),
            r"/etc/mosquitto/acl": str(CODE / "infra" / "mosquitto" / "acl"),
            r"/var/lib/mosquitto/": f"{folder}/",
        }
        for pattern, new in changes.items():
            text, count = re.subn(pattern, new, text)
            assert count, f"{pattern} is not in mosquitto.conf any more"
        (folder / "mosquitto.conf").write_text(f"user root\n{text}", encoding="utf-8")
        self.start()

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
