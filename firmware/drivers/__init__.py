"""The hardware. `machine` is imported here and nowhere else; a driver takes its pins and ports, and keeps no rules."""
