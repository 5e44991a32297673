"""A command is killed at one of its writes and run again: the tables are as if nothing had happened.

These are some of the points; `python -m tests.crashes` tries all.
"""

from __future__ import annotations
