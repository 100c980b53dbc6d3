"""Pages of operators: the console, stations, commands."""
