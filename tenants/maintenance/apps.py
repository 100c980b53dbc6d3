from django.apps import AppConfig


class MaintenanceConfig(AppConfig):
    name = "tenants.maintenance"

    def ready(self) -> None:
        """Faults become alerts, and statuses outages, in the transaction that stored them."""
        from tenants.charging import signals as charging  # noqa: PLC0415 - apps are not loaded before
        from tenants.sites import signals as sites  # noqa: PLC0415
        from tenants.stations import signals as stations  # noqa: PLC0415

        from . import receivers  # noqa: PLC0415

        sites.status_changed.connect(receivers.status_changed, dispatch_uid="maintenance.status_changed")
        sites.renewed.connect(receivers.renewed, dispatch_uid="maintenance.renewed")
        charging.faulted.connect(receivers.faulted, dispatch_uid="maintenance.faulted")
        charging.noticed.connect(receivers.noticed, dispatch_uid="maintenance.noticed")
        charging.refused.connect(receivers.refused, dispatch_uid="maintenance.refused")
        charging.began.connect(receivers.began, dispatch_uid="maintenance.began")
        charging.ended.connect(receivers.ended, dispatch_uid="maintenance.ended")
        stations.told.connect(receivers.connector_told, dispatch_uid="maintenance.connector_told")
        stations.heard.connect(receivers.heard, dispatch_uid="maintenance.heard")
