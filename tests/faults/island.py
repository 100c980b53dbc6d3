"""Devices on an island: a network namespace whose bridge can be taken down; without root, behind a proxy that drops."""

import os
import shutil
import subprocess
import time
from typing import Self

from .proxy import Proxy

NET = "10.199.77"


class Island:
    """`prefix`: what a command on the island begins with; `host` and `port`: where it finds the broker."""

    def __init__(self, broker_port: int) -> None:
        self._name, self._link = f"wl{os.getpid()}", f"wl{os.getpid()}v"
        self._proxy: Proxy | None = None
        if self._namespace():
            self.how, self.host, self.port = "a network namespace", f"{NET}.1", broker_port
            self.prefix = ["ip", "netns", "exec", self._name]
        else:
            self._proxy = Proxy(broker_port)
            self.how, self.host, self.port, self.prefix = "a proxy that drops", "127.0.0.1", self._proxy.port, []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._proxy is not None:
            self._proxy.__exit__()
            return
        _ip("link", "del", self._link)
        _ip("netns", "del", self._name)

    def down(self) -> None:
        """Nothing passes, and nobody is told."""
        if self._proxy is not None:
            self._proxy.silent = True
        else:
            _ip("link", "set", self._link, "down")

    def up(self) -> None:
        if self._proxy is not None:
            self._proxy.silent = False
            self._proxy.cut()
        else:
            _ip("link", "set", self._link, "up")

    def _namespace(self) -> bool:
        if shutil.which("ip") is None or os.getuid() != 0 or not _ip("netns", "add", self._name):
            return False
        inside = f"{self._link}i"
        made = _ip("link", "add", self._link, "type", "veth", "peer", "name", inside, "netns", self._name)
        if not made:
            _ip("netns", "del", self._name)
            return False
        _ip("addr", "add", f"{NET}.1/24", "dev", self._link)
        _ip("link", "set", self._link, "up")
        for command in (("addr", "add", f"{NET}.2/24", "dev", inside), ("link", "set", inside, "up"),
                        ("link", "set", "lo", "up")):  # fmt: skip
            _ip("-n", self._name, *command)
        time.sleep(0.2)
        return True


def _ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], check=False, capture_output=True).returncode == 0
