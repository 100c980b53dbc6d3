"""What tenancy tells the apps above it."""

from django.dispatch import Signal

# Sent inside the new tenant's schema and the opening transaction, with `tenant`, `owner` (its e-mail address, name and
# password): the accounts app makes the owner. A receiver that raises undoes the whole opening.
tenant_opened = Signal()

# Sent inside a tenant's schema before its currency changes. A receiver answers True when amounts in the old are kept.
currency_in_use = Signal()
