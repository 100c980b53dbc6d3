"""The adapter's logic, pure: no hardware, no network, no clock of its own. Runs under MicroPython and CPython alike."""
