"""Groups of chargers, actions on a whole group, roll-outs of firmware and configuration."""
