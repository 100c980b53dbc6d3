"""Changes of claims, credits and rewards."""

from .batches import cancel_batch, lock_batch, open_batch, verify_batch
from .blocks import retire, split, transfer
from .filings import file_block
from .rewards import RuleTerms, grant_due, make_rule, pay_out, reverse_refunded

__all__ = [
    "RuleTerms", "cancel_batch", "file_block", "grant_due", "lock_batch", "make_rule", "open_batch", "pay_out",
    "retire", "reverse_refunded", "split", "transfer", "verify_batch",
]  # fmt: skip
