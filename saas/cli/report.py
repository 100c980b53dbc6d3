"""`wattlane report recompute FOLDER`: reckons a report again from its own files, without the platform."""

import argparse
import subprocess
import sys

MODULE = "reports.recompute"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `report` to the command line."""
    kinds = subparsers.add_parser("report", help="check the files of a report").add_subparsers(
        required=True, metavar="WHAT"
    )
    again = kinds.add_parser("recompute", help="rebuild every number of a report from its CSV", add_help=False)
    again.set_defaults(run=recompute, passes_on=True)


def recompute(arguments: argparse.Namespace) -> int:
    """The exit code is that of the reckoning."""
    return subprocess.call([sys.executable, "-m", MODULE, *arguments.passed_on])
