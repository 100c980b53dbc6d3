from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tenants.accounts"

    def ready(self) -> None:
        """A tenant that opens gets its owner from here."""
        from saas.tenancy.signals import tenant_opened  # noqa: PLC0415 - apps are not loaded before

        from .receivers import make_owner  # noqa: PLC0415

        tenant_opened.connect(make_owner, dispatch_uid="accounts.make_owner")
