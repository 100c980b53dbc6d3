"""The words of the wire: the platform's own file, which `python -m firmware.build` copies onto the device."""

from saas.contracts.telemetry import wire as W

__all__ = ["W"]
