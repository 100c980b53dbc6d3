"""The words of the wire. One file for both sides: `saas/contracts/telemetry/wire.py`.

The device has no `saas`: there `python -m firmware.build` has put a copy of the file beside main.py.
"""

try:
    from saas.contracts.telemetry import wire as W
except ImportError:
    import wire as W  # type: ignore[import-not-found, no-redef]

__all__ = ["W"]
