"""Run by a Python of its own that has pathway: MQTT to PostgreSQL, typed, as its documentation says.

Arguments: the broker's address, the topic, the settings of the database as JSON, the table.
"""

import json
import sys

import pathway as pw  # type: ignore[import-not-found]


class Sample(pw.Schema):  # type: ignore[misc]
    """The fields of a sample."""

    boot: int
    seq: int
    ts_ms: int
    energy_wh: int
    power_w: int
    current_ma: int
    voltage_mv: int
    temperature_mc: int


def main(uri: str, topic: str, settings: str, table: str) -> None:
    """Until killed."""
    found = pw.io.mqtt.read(uri, topic, qos=1, schema=Sample, format="json")
    pw.io.postgres.write(found, json.loads(settings), table)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main(*sys.argv[1:])
