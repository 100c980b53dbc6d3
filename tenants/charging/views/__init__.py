"""Pages: paying for a booking, the session as it runs, its receipt, the host's earnings, the operator's console."""
