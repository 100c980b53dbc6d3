"""`python -m pipelines.defs.evaluate TASK …` prints one JSON object; exit 0, or 2 when the input cannot be used."""

import argparse
import json
import sys
from collections.abc import Sequence

from pipelines.defs.evaluate import carbon_shift, demand, failures, rul, silent, stay
from pipelines.defs.evaluate.task import BadInput, Task

TASKS: tuple[Task, ...] = (carbon_shift, demand, failures, rul, silent, stay)


def main(argv: list[str] | None = None) -> int:
    arguments = _parser(TASKS).parse_args(argv)
    try:
        found = arguments.task.run(arguments)
    except (BadInput, OSError) as wrong:
        sys.stderr.write(f"wattlane evaluate {arguments.task.NAME}: {wrong}\n")
        return 2
    sys.stdout.write(json.dumps(found.as_json(), indent=1, allow_nan=False) + "\n")
    return 0


def _parser(tasks: Sequence[Task]) -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="wattlane evaluate", description="Hold the models to your own data.")
    kinds = top.add_subparsers(required=True, metavar="TASK")
    for task in tasks:
        parser = kinds.add_parser(task.NAME, help=task.SAYS)
        task.register(parser)
        parser.set_defaults(task=task)
    return top


if __name__ == "__main__":
    sys.exit(main())
