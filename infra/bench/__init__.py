"""Speed as ratios: reference, ours, reference again, three rounds, in one run on one machine (`make bench`)."""
