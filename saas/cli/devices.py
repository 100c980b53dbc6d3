"""`wattlane devices run`: simulated adapters that run the real firmware's logic."""

import argparse
import subprocess
import sys


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("devices", help="simulated adapters")
    kinds = command.add_subparsers(required=True, metavar="ACTION")
    run_parser = kinds.add_parser("run", help="run simulated adapters against a broker", add_help=False)
    run_parser.add_argument("rest", nargs=argparse.REMAINDER)
    run_parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Hand over to the simulator; its own --help lists what it takes."""
    return subprocess.call([sys.executable, "-m", "firmware.simulator", *arguments.rest])
