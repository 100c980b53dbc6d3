"""Registries that blocks are filed with: one port, the Climate Action Data Trust's API, and an offline stand-in."""
