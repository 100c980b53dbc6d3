"""`wattlane lake erase …`: the data side forgets a person, in a process of its own."""

import argparse
import subprocess
import sys

MODULE = "pipelines.defs.erase"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `lake` to the command line; everything behind `erase` goes to the data side."""
    kinds = subparsers.add_parser("lake", help="the lake of facts and figures").add_subparsers(
        required=True, metavar="WHAT"
    )
    erase = kinds.add_parser("erase", help="forget one person; prints JSON", add_help=False)
    erase.set_defaults(run=run, passes_on=True)


def run(arguments: argparse.Namespace) -> int:
    """The exit code is that of the data side."""
    return subprocess.call([sys.executable, "-m", MODULE, *arguments.passed_on])
