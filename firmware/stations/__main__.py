"""`python -m firmware.stations --stations FILE --ocpp ws://127.0.0.1:9000/ocpp`: simulated OCPP stations.

FILE is a JSON list of objects with `station`, `tenant`, and where they differ `protocol` (ocpp1.6, ocpp2.0.1),
`password`, `outlets`, `most_ma`, `vendor`, `model`, `serial_number`, `firmware`, and `tags`: cards of vehicles that
come and go by themselves (with --visits).
"""

import argparse
import asyncio
import contextlib
import json
import signal
from pathlib import Path
from typing import Any

from . import control, visits
from .link import Link
from .station import Row, Station
from .v16 import Voice16
from .v201 import Voice201

VOICES = {"ocpp1.6": Voice16, "ocpp2.0.1": Voice201}


def options() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="firmware.stations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=Path, required=True, help="JSON file of the stations")
    parser.add_argument("--ocpp", required=True, help="address of the gateway without tenant and station")
    parser.add_argument("--control", type=int, help="port of the control; 0 takes a free one")
    parser.add_argument("--run-file", type=Path, help="where the control's port is written")
    parser.add_argument(
        "--visits", type=float, default=0, metavar="S", help="seconds between vehicles of an outlet; 0: none"
    )
    parser.add_argument("--stay", type=float, default=240, metavar="S", help="how long a vehicle stays")
    return parser.parse_args()


def built(row: dict[str, Any], url: str) -> Station:
    """A station with its voice."""
    known = {name: value for name, value in row.items() if name in Row.__dataclass_fields__}
    about = Row(**known)
    link = Link(f"{url}/{about.tenant}/{about.station}", about.station, about.password, about.protocol)
    station = Station(about, link)
    station.voice = VOICES[about.protocol](station)
    return station


async def run(given: argparse.Namespace) -> None:
    """All stations until told to stop."""
    rows = json.loads(given.stations.read_text(encoding="utf-8"))
    stations = {row["station"]: built(row, given.ocpp) for row in rows}
    tasks = [asyncio.create_task(station.run()) for station in stations.values()]
    for row in rows:
        if given.visits and row.get("tags"):
            coming = visits.keep_coming(stations[row["station"]], row["tags"], pause_s=given.visits, stay_s=given.stay)
            tasks.append(asyncio.create_task(coming))
    if given.control is not None:
        server = await control.serve(stations, given.control)
        if given.run_file:
            port = server.sockets[0].getsockname()[1]
            given.run_file.write_text(json.dumps({"control": port}), encoding="utf-8")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Entry point."""
    asyncio.run(run(options()))


if __name__ == "__main__":
    main()
