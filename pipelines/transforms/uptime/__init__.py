"""Uptime of charging ports as 23 CFR 680.116(b) defines it: spans of what is known, one state for each second."""
