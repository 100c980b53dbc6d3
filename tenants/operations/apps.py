from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "tenants.operations"

    def ready(self) -> None:
        """Answers and reports of devices move on what waits for them."""
        from tenants.charging import signals as charging  # noqa: PLC0415 - apps are not loaded before
        from tenants.stations import signals as stations  # noqa: PLC0415

        from . import receivers  # noqa: PLC0415

        stations.answered.connect(receivers.answered, dispatch_uid="operations.answered")
        charging.replied.connect(receivers.replied, dispatch_uid="operations.replied")
        charging.noticed.connect(receivers.noticed, dispatch_uid="operations.noticed")
