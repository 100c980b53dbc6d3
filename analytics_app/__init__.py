"""Dashboards of a tenant: Streamlit behind the door, reading marts and nothing else."""
