"""The files that Mosquitto is started with the first time; `infra/mosquitto/mosquitto.conf` names them."""

import json
import shutil
from pathlib import Path
from typing import Any

from saas.devices import keys, queries
from saas.edge.broker import rules
from saas.edge.broker.credentials import internal_users
from saas.kit.home import Home
from saas.kit.pki import Authority

from .credentials import write
from .dynsec import passwords, registry
from .roster import Login

NO_ACCESS = {"publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": False}


def write_all(folder: Path, home: Home, clients: dict[str, Any]) -> list[Path]:
    """Write them; `clients` as of first_list. Everything but ca.pem is for its owner's eyes alone."""
    authority = Authority.load_or_make(home.pki)
    texts = {
        "mosquitto.passwd": "".join(f"{u}:{keys.mosquitto_digest(p)}\n" for u, p in internal_users(home).items()),
        "acl": rules.acl(),
        "dynamic-security.json": json.dumps(clients, indent=1),
        "server.pem": authority.server_file(home.tls_names).read_text(encoding="ascii"),
    }
    for name, text in texts.items():
        write(folder / name, text)
    shutil.copyfile(authority.certificate_file, folder / "ca.pem")
    return [folder / name for name in (*texts, "ca.pem")]


def first_list() -> dict[str, Any]:
    """The plug-in's own file with every adapter of the registry: thousands at once, and those whose password is known
    as a hash only."""
    logins = registry()
    known = passwords({device: login.tag for device, login in logins.items()})
    hashes = queries.mosquitto_hashes() | {device: keys.mosquitto_digest(secret) for device, secret in known.items()}
    clients = [_client(device, login, hashes[device]) for device, login in logins.items() if device in hashes]
    return {"defaultACLAccess": NO_ACCESS, "clients": clients, "groups": [], "roles": []}


def _client(device: str, login: Login, hashed: str) -> dict[str, Any]:
    _, _, rounds, salt, derived = hashed.split("$")
    return {
        "username": device, "clientid": device, "textname": login.tag, "disabled": not login.enabled, "roles": [],
        "password": derived, "salt": salt, "iterations": int(rounds),
    }  # fmt: skip
