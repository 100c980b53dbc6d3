"""The report of a fleet, for its manager: energy, cost and emissions per vehicle, site and month."""
