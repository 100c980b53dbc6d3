"""The three brands of the demonstration: rows, not code. Helsinki, Dubai, and a fleet of its own."""

from .ampere import AMPERE
from .barq import BARQ
from .shapes import PASSWORD, Brand, Offer, Person
from .volta import VOLTA

BRANDS = (AMPERE, BARQ, VOLTA)

__all__ = ["AMPERE", "BARQ", "BRANDS", "PASSWORD", "VOLTA", "Brand", "Offer", "Person"]
