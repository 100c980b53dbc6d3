"""Fit and predict, pure: frames in, models and figures out. Nothing here reads a file or knows a tenant."""
