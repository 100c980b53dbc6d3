"""Keeps sites below their limits: looks at them every few seconds, and at once when something has changed."""
