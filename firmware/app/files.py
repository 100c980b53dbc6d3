"""The flash as the logic sees it: five calls on small files in one folder.

`rename` must replace its target in one step (littlefs and POSIX do), because that is what makes a saved document whole.
"""

import os


class Files:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def _path(self, name: str) -> str:
        return self.folder + "/" + name

    def read(self, name: str) -> "bytes | None":
        """The whole file, or None when there is none."""
        try:
            with open(self._path(name), "rb") as file:
                return file.read()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        with open(self._path(name), "wb") as file:
            file.write(data)

    def append(self, name: str, data: bytes) -> None:
        with open(self._path(name), "ab") as file:
            file.write(data)

    def rename(self, name: str, to: str) -> None:
        os.rename(self._path(name), self._path(to))

    def replace(self, name: str, data: bytes) -> None:
        """Old or new content, whole, whenever the power goes."""
        self.write(name + ".tmp", data)
        self.rename(name + ".tmp", name)
