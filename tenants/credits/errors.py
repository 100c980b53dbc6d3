"""Refusals of claims, credits and rewards."""

from saas.kit.errors import Refused


class WrongBatchState(Refused):
    """A batch goes from open to locked to verified, and never back; only an open one can be cancelled."""

    code = "credit_batch_state"


class NothingToClaim(Refused):
    """No session of this period and region is free to be claimed."""

    code = "credit_nothing_to_claim"


class MethodRefused(Refused):
    """The methodology cannot be applied to this."""

    code = "credit_method"
    status = 422


class NothingCredited(Refused):
    """By this methodology nothing was avoided, so there is nothing to credit."""

    code = "credit_nothing"


class BlockGone(Refused):
    """This block was split or retired; a retirement cannot be undone."""

    code = "credit_block_state"


class WrongParts(Refused):
    """The parts are whole grams above zero and together exactly the block."""

    code = "credit_parts"
    status = 422


class WholeTonnesOnly(Refused):
    """Registries count whole tonnes: split the block so that it is a multiple of 1,000,000 g."""

    code = "credit_whole_tonnes"


class RegistryDown(Refused):
    """The registry does not answer. Nothing was filed twice; try again later."""

    code = "credit_registry_down"
    status = 503
    retry = True


class RegistryRefused(Refused):
    """The registry refused the filing."""

    code = "credit_registry_refused"


class AboveBalance(Refused):
    """More than the balance cannot be paid out."""

    code = "credit_above_balance"


class RuleTooOld(Refused):
    """A new rule begins after the one before it, and not in the past."""

    code = "green_rule_time"
