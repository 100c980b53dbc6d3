"""The version of this firmware: numbers with dots. `python -m firmware.build --version` writes another one."""

FIRMWARE = "1.1.0"
