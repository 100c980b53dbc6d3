"""Dashboards that a tenant composed and saved, per role."""
