"""`wattlane firmware`: a key, an image, its signature; what does not fit is refused in a sentence."""

import json
from pathlib import Path

import pytest

from firmware.image import pack
from saas.cli import main


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.req("CHG-04", "DEV-01")
def test_an_image_is_signed_and_checked_and_no_other(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image = place / "new.img"
    image.write_bytes(pack({"main.py": b"print()"}, "1.2.3"))
    assert main(["firmware", "sign", str(image)]) == 1 and "keygen" in capfd.readouterr().err
    assert main(["firmware", "keygen"]) == 0
    key = place / "keys" / "firmware.pem"
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    assert main(["firmware", "keygen"]) == 0 and key.read_bytes() == before
    assert main(["firmware", "sign", str(image)]) == 0
    capfd.readouterr()
    assert main(["firmware", "verify", str(image)]) == 0 and capfd.readouterr().out.startswith("1.2.3  ")
    manifest = json.loads((place / "new.img.json").read_text())
    (place / "new.img.json").write_text(json.dumps(manifest | {"version": "1.2.4"}))
    assert main(["firmware", "verify", str(image)]) == 1 and "does not fit" in capfd.readouterr().err
    (place / "new.img.json").write_text("[]")
    assert main(["firmware", "verify", str(image)]) == 1 and "not a manifest" in capfd.readouterr().err
    assert main(["firmware", "verify", str(place / "none")]) == 1


@pytest.mark.slow
@pytest.mark.req("CHG-04", "DEV-01")
def test_building_gives_the_files_of_a_device_and_a_signed_image(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["firmware", "keygen"]) == 0
    image = place / "fw.img"
    assert main(["firmware", "build", str(place / "out"), "--version", "7.0.1", "--image", str(image)]) == 0
    assert (place / "out" / "main.py").is_file()
    capfd.readouterr()
    assert main(["firmware", "verify", str(image)]) == 0 and capfd.readouterr().out.startswith("7.0.1  ")
