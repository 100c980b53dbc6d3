"""Searches, demand and prices: pure frames in, frames out."""
