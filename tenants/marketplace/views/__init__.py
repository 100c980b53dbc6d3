"""Pages: finding a charger, one charger, offering one."""
