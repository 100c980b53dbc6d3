from django.apps import AppConfig


class PowerConfig(AppConfig):
    name = "tenants.power"

    def ready(self) -> None:
        """Answers of stations and devices hurry the next look; permits start low; vehicles tell what they need."""
        from tenants.charging import signals as charging  # noqa: PLC0415 - apps are not loaded before
        from tenants.sites import signals as sites  # noqa: PLC0415
        from tenants.stations import signals as stations  # noqa: PLC0415

        from . import receivers  # noqa: PLC0415

        sites.renewed.connect(receivers.renewed, dispatch_uid="power.renewed")
        charging.replied.connect(receivers.replied, dispatch_uid="power.replied")
        charging.permitting.connect(receivers.permitting, dispatch_uid="power.permitting")
        stations.answered.connect(receivers.answered, dispatch_uid="power.answered")
        stations.heard.connect(receivers.heard, dispatch_uid="power.heard")
