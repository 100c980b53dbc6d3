"""`wattlane import {status,locations,prices,carbon}`: one command for every kind; sessions have their own beside."""
