"""A street of simulated adapters: the firmware's own `app` and `net` files, by the hundred in one process."""
