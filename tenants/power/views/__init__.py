"""Pages of smart charging."""
