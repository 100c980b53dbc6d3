"""Answers the OCPP gateway's questions: is this station known, may this token charge."""
