"""`wattlane broker mosquitto`: the files that Mosquitto is started with the first time."""

import argparse
from pathlib import Path

from .django import with_django

WHAT = """Writes mosquitto.passwd, acl, dynamic-security.json, server.pem and ca.pem into FOLDER. Where they go and what
they are for stands at the head of infra/mosquitto/mosquitto.conf.
"""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `broker` to the command line."""
    command = subparsers.add_parser("broker", help="files for a Mosquitto of one's own")
    kinds = command.add_subparsers(required=True, metavar="KIND")
    mosquitto = kinds.add_parser("mosquitto", help="users, rules, adapters and certificate", description=WHAT)
    mosquitto.add_argument("folder", type=Path, metavar="FOLDER")
    mosquitto.set_defaults(run=write)


@with_django
def write(arguments: argparse.Namespace) -> int:
    """Print what was written."""
    from saas.edge.dispatcher.mosquitto_files import first_list, write_all
    from saas.kit.home import home

    clients = first_list()
    for file in write_all(arguments.folder, home(), clients):
        print(file)
    print(f"{len(clients['clients'])} adapters. Next steps: infra/mosquitto/mosquitto.conf")
    return 0
