"""Documents made from given data: no clock, no database, no network. `render.py` alone knows the printer."""
