"""Limits of a raw file's shape: beyond them is no table of a shop, only memory and time.

They are far above what tables have. A file that breaks one is quarantined with the place; the size
of a whole file is a setting (`LAKEHOUSE_MAX_FILE_BYTES`).
"""

from __future__ import annotations

from datetime import date

# Columns of a header.
MAX_COLUMNS = 1_000
# Characters of one value.
MAX_FIELD = 65_536
# Characters of one record, with its line breaks inside quotes.
MAX_RECORD = 262_144
# Folders between the raw folder and a file.
MAX_DEPTH = 20
# Days that a file may be named for.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2099, 12, 31)
