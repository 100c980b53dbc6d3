from django.apps import AppConfig


class AdaptersConfig(AppConfig):
    name = "tenants.adapters"

    def ready(self) -> None:
        """What a device answers and says moves its change of password on."""
        from tenants.charging import signals  # noqa: PLC0415 - apps are not loaded before

        from . import receivers  # noqa: PLC0415

        signals.replied.connect(receivers.replied, dispatch_uid="adapters.replied")
        signals.noticed.connect(receivers.noticed, dispatch_uid="adapters.noticed")
