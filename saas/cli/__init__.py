"""The `wattlane` command. Each subcommand is a module with `register(subparsers)`."""

import argparse
import sys

from . import demo, devices, doctor, importing, migrate, quarantine

COMMANDS = (demo, doctor, importing, devices, quarantine, migrate)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="wattlane", description="Sharing, branding and auditing of electric-vehicle charging"
    )
    subparsers = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.register(subparsers)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code says whether it did its job."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
