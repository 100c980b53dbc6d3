"""Reads of smart charging."""
