"""Everything that changes smart charging: by operators, drivers and vehicles, and by the loop that looks at sites."""

from .balance import balance, balance_site
from .circuits import put_member, remove_circuit, remove_member, report_load, save_circuit
from .hurry import CHANNEL
from .needs import set_need, vehicle_needs
from .prices import Point, create_series, put_points, remove_series
from .stations import probe_again

__all__ = [
    "CHANNEL",
    "Point",
    "balance",
    "balance_site",
    "create_series",
    "probe_again",
    "put_member",
    "put_points",
    "remove_circuit",
    "remove_member",
    "remove_series",
    "report_load",
    "save_circuit",
    "set_need",
    "vehicle_needs",
]
