"""Faults, alerts, outages, work orders: what is wrong with chargers, who knows, and who sees to it."""

from .alerts import Alert, AlertEvent, Refusals
from .orders import OrderPhoto, WorkOrder, WorkOrderStep
from .outages import Outage, OutageEdit, StatusChange
from .risks import Risk
from .rules import EscalationRule, MaintenancePolicy, Notice, Silence, VendorCode

__all__ = [
    "Alert",
    "AlertEvent",
    "EscalationRule",
    "MaintenancePolicy",
    "Notice",
    "OrderPhoto",
    "Outage",
    "OutageEdit",
    "Refusals",
    "Risk",
    "Silence",
    "StatusChange",
    "VendorCode",
    "WorkOrder",
    "WorkOrderStep",
]
