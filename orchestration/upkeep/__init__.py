"""Upkeep of a root: replay, restore, maintain, erase."""
