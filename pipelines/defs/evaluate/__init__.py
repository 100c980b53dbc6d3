"""`wattlane evaluate`: holds the models to anybody's data, by the same code as the assets."""
