"""Small signed objects that pass between our own processes: base64url(JSON) and its HMAC-SHA256. Only stdlib."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path


class BadSeal(Exception):
    """The text is not signed by us, not for this use, or no longer valid."""


def seal(claims: Mapping[str, object], *, use: str, secret: str) -> str:
    """`claims` as signed text that fits a header. `use` keeps a seal of one kind from passing for another."""
    body = _encode(json.dumps({**claims, "use": use}, separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{_encode(_mac(body, secret))}"


def unseal(text: str, *, use: str, secret: str, now_s: int) -> dict[str, object]:
    """The claims of a sealed text. BadSeal when altered, sealed for another use, or past its `exp` (Unix seconds)."""
    body, _, mac = text.partition(".")
    try:
        genuine = hmac.compare_digest(_decode(mac), _mac(body, secret))
        claims = json.loads(_decode(body)) if genuine else None
    except ValueError as error:
        raise BadSeal("malformed") from error
    if not isinstance(claims, dict) or claims.pop("use", None) != use:
        raise BadSeal("not signed for this use")
    expires = claims.get("exp")
    if not isinstance(expires, int) or expires <= now_s:
        raise BadSeal("expired")
    return claims


def secret_of(name: str) -> str:
    """A secret of this installation: `WATTLANE_SECRET_<NAME>`, else from `$WATTLANE_HOME/secrets.json`.

    For the halves that may not import `saas.kit`; the file is made by the web side. KeyError when there is none.
    """
    if held := os.environ.get(f"WATTLANE_SECRET_{name.upper()}"):
        return held
    home = Path(os.environ.get("WATTLANE_HOME") or Path(__file__).resolve().parents[2] / ".wattlane")
    file = home / "secrets.json"
    if not file.exists():
        raise KeyError(f"no secret {name!r}: set WATTLANE_SECRET_{name.upper()} or WATTLANE_HOME")
    return str(json.loads(file.read_text(encoding="utf-8"))[name])


def _mac(body: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
