"""The flash as the logic sees it: a few calls on small files in one folder. Names may have folders of their own.

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

    def part(self, name: str, start: int, length: int) -> bytes:
        """Less than `length` at the end. Raises OSError when there is no such file."""
        with open(self._path(name), "rb") as file:
            file.seek(start)
            return file.read(length)

    def size(self, name: str) -> int:
        """In bytes; 0 when there is no such file."""
        try:
            return os.stat(self._path(name))[6]
        except OSError:
            return 0

    def write(self, name: str, data: bytes) -> None:
        """Makes the folders on the way."""
        self._make_folders(name)
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

    def remove(self, name: str) -> None:
        """Harmless when there is none."""
        try:
            os.remove(self._path(name))
        except OSError:
            pass

    def remove_tree(self, name: str) -> None:
        """A folder with all that is in it."""
        path = self._path(name)
        try:
            entries = os.listdir(path)
        except OSError:  # a file, or nothing
            self.remove(name)
            return
        for entry in entries:
            self.remove_tree(name + "/" + entry)
        try:
            os.rmdir(path)
        except OSError:
            pass

    def _make_folders(self, name: str) -> None:
        parts = name.split("/")[:-1]
        for index in range(len(parts)):
            try:
                os.mkdir(self._path("/".join(parts[: index + 1])))
            except OSError:  # it is there
                pass
