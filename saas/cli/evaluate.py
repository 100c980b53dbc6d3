"""`wattlane evaluate TASK …`: the data side judges its models on somebody's files, in a process of its own."""

import argparse
import subprocess
import sys

MODULE = "pipelines.defs.evaluate"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `evaluate` to the command line; everything behind it goes to the data side."""
    evaluate = subparsers.add_parser("evaluate", help="hold the models to your own data; prints JSON", add_help=False)
    evaluate.set_defaults(run=run, passes_on=True)


def run(arguments: argparse.Namespace) -> int:
    """The exit code is that of the data side."""
    return subprocess.call([sys.executable, "-m", MODULE, *arguments.passed_on])
