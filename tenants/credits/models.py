"""Claims on charged energy: one kilowatt-hour, one claim; batches, serials, retirement."""
