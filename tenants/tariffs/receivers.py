"""What tariffs answer when others ask."""

from .models import Tariff


def currency_in_use(sender: object, **_: object) -> bool:
    """Whether something was priced: the currency of the tenant then stays."""
    return Tariff.objects.exists()
