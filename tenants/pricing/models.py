"""Suggested prices: what the pipeline advises, under the host's limits, as versions."""
