"""Real peers from npm: a compliance suite, a fuzzer, a load generator, a strict client."""

import json
from pathlib import Path

import pytest

from ..fakes import play
from .npm import Bench, bench

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01")]
UNREADABLE = "-1"


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_the_whole_suite_of_ocpp_ws_cli_passes(tmp_path: Path, protocol: str) -> None:
    async def scene() -> None:
        async with bench(tmp_path) as made:
            report = await made.report("test", "-e", made.url, "-i", "CP001", "-p", protocol, "--suite", "all")
            results = report["testResults"]
            assert [result["name"] for result in results if not result["passed"]] == [] and len(results) == 21

    play(scene)


def test_its_fuzzer_loses_no_connection_and_every_frame_that_deserves_an_answer_gets_one(tmp_path: Path) -> None:
    async def scene() -> None:
        async with bench(tmp_path) as made:
            report = await made.report("fuzz", "-e", made.url, "-w", "5", "--flood", for_s=8)
            metrics = report["metrics"]
            assert metrics["serverDrops"] == 0 and metrics["anomaliesSent"] > 500
            assert metrics["serverErrors"] + metrics["serverTolerated"] > 500
            unanswered = [frame for device in devices(made) for frame in unanswered_of(made, device)]
            assert len(unanswered) <= 5, unanswered[:5]  # the last of each worker, cut off by its end

    play(scene)


def devices(made: Bench) -> set[str]:
    return {device for device, way, _ in made.log.frames if way == "in"}


def unanswered_of(made: Bench, device: str) -> list[str]:
    """Frames of the station that deserve an answer and got none: all but answers."""
    said = [frame for one, way, frame in made.log.frames if (one, way) == (device, "in")]
    answers = [json.loads(frame)[1] for one, way, frame in made.log.frames if (one, way) == (device, "out")]
    missing = []
    for frame in said:
        if frame.startswith("[4"):
            continue
        name = frame.split('"')[1] if frame.startswith("[") else UNREADABLE
        if name in answers:
            answers.remove(name)
        else:
            missing.append(frame)
    return missing


def test_its_load_generator_gets_every_station_booted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with bench(tmp_path) as made:
            words = ("-e", made.url, "-c", "100", "-r", "1")
            metrics = (await made.report("load-test", *words, for_s=8))["metrics"]
            assert (metrics["connected"], metrics["booted"], metrics["failed"]) == (100, 100, 0)

    play(scene)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_a_strict_client_of_ocpp_rpc_understands_every_answer(tmp_path: Path, protocol: str) -> None:
    async def scene() -> None:
        async with bench(tmp_path) as made:
            told = await made.run("strict_client.cjs", made.url, "CP1", protocol)
            assert told["boot"]["status"] == "Accepted"
            info = "idTagInfo" if protocol == "ocpp1.6" else "idTokenInfo"
            assert told["authorize"][info]["status"] == told["start"][info]["status"] == "Accepted"
            assert [body["type"] for body in made.broker.of("event", "st_CP1")].count("stopped") == 1

    play(scene)
