"""Connections of our own processes to the broker. Knows no database and no Django."""
