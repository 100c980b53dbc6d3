"""The shell around the pure parts: when to compute what, and what stops bad data. Dagster lives here."""
