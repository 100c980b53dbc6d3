"""Stores what devices send, exactly once, and tells the tenant's actions what changed. Acknowledges after commit."""
