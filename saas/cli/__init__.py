"""The `wattlane` command. Each subcommand is a module with `register(subparsers)`."""

import argparse
import sys

from . import broker, demo, devices, doctor, evaluate, firmware, importing, lake, migrate, quarantine, report

COMMANDS = (demo, doctor, importing, evaluate, lake, devices, broker, firmware, quarantine, report, migrate)


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
    arguments = parsed(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if (words := unavailable(error)) is None:
            raise
        print(f"wattlane: {words}", file=sys.stderr)
        return 1


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """A command that passes its words on to another program (`passes_on`) finds them in `passed_on`."""
    top = parser()
    arguments, more = top.parse_known_args(argv)
    if more and not getattr(arguments, "passes_on", False):
        top.error(f"unrecognized arguments: {' '.join(more)}")
    arguments.passed_on = more
    return arguments


def unavailable(error: Exception) -> str | None:
    """What to say when the database does not answer; None for every other error. Loads no library for it."""
    names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    if not names & {"django.db.utils.OperationalError", "psycopg.OperationalError"}:
        return None
    reason = (str(error).strip().splitlines() or ["no reason given"])[0]
    return f"the database does not answer ({reason}). Start it with `make demo`, or look at `wattlane doctor`."
