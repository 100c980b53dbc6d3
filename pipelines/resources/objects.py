"""Files of the lake, in a folder or on object storage: whole or not there, by address (`s3://bucket/…` or a path)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from pyarrow import fs


def listed(url: str) -> list[str]:
    """Addresses of all files below `url`, in order; none where nothing is."""
    store, path = _place(url)
    found = store.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    head = url.split("://", maxsplit=1)[0] + "://" if "://" in url else ""
    return sorted(f"{head}{entry.path}" for entry in found if entry.type == fs.FileType.File)


def read(url: str) -> bytes:
    store, path = _place(url)
    with store.open_input_file(path) as handle:
        return bytes(handle.read())


def write(url: str, content: bytes, *, lasting: bool = True) -> None:
    """The file appears whole: written beside and renamed in a folder, one PUT on object storage.

    Unless it is `lasting`, it may be gone after the machine lost its power.
    """
    store, path = _place(url)
    if "://" in url:
        with store.open_output_stream(path) as handle:
            handle.write(content)
        return
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def remove(url: str) -> None:
    """Nothing happens where no file is."""
    store, path = _place(url)
    if store.get_file_info(path).type == fs.FileType.File:
        store.delete_file(path)


def remove_below(url: str) -> int:
    """Removes every file below the address; says how many there were."""
    found = listed(url)
    for address in found:
        remove(address)
    if "://" not in url and Path(url).exists():
        fs.LocalFileSystem().delete_dir(url)
    return len(found)


def _place(url: str) -> tuple[fs.FileSystem, str]:
    scheme, _, rest = url.partition("://")
    if not rest:
        return fs.LocalFileSystem(), url
    if scheme not in ("s3", "s3a"):
        store, path = fs.FileSystem.from_uri(url)
        return store, path
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", ""))
    store = fs.S3FileSystem(
        endpoint_override=endpoint.netloc or None, scheme=endpoint.scheme or "https",
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        connect_timeout=10, request_timeout=60,
    )  # fmt: skip
    return store, rest
