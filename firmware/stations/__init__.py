"""Simulated OCPP stations (1.6J and 2.0.1), so that a demonstration has some: peers of the gateway, no part of it."""
