"""Faults, alerts, outages, work orders."""
