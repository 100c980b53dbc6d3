"""Carries commands from the tenants' outboxes to the devices until they reply, and credentials to the broker."""
