from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "tenants.stations"

    def ready(self) -> None:
        """Stations follow what sessions tell, and their own answers."""
        from tenants.charging import signals as charging  # noqa: PLC0415 - apps are not loaded before

        from . import receivers, signals  # noqa: PLC0415

        charging.evse_missing.connect(receivers.evse_missing, dispatch_uid="stations.evse_missing")
        charging.began.connect(receivers.began, dispatch_uid="stations.began")
        charging.ended.connect(receivers.ended, dispatch_uid="stations.ended")
        signals.answered.connect(receivers.answered, dispatch_uid="stations.answered")
