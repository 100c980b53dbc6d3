"""OCPP 1.6J and 2.0.1 stations, translated to the messages of every other device. No database, no Django."""
