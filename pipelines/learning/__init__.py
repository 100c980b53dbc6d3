"""Fit and predict, pure: frames in, models and figures out. Nothing here reads a file or knows a tenant."""

import os

# Where cores are shared, threads of OpenMP that wait for work must sleep, not spin. It is read when its library loads:
# before the first module of this package.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
