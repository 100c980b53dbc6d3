"""`wattlane evaluate`: holds the models to anybody's data, by the same code as the assets."""

import os

# Threads of the learners sleep while they wait: on a busy machine spinning ones take several times the processor time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
