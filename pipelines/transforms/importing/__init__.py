"""Charging-session files of any layout, read: pure functions from bytes and frames to frames."""
