"""Harmless oddities of whole files: the same records in another dress.

Data flow: columns -> chosen order and extra column -> rendered elsewhere -> dressed bytes
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lakehouse.generate.shop import Columns

EXTRA_COLUMN = "channel"
_CHANNELS = ("web", "app", "store")


def arrange(
    columns: Columns, names: Sequence[str], layouts: Sequence[str]
) -> tuple[Columns, list[str]]:
    """Apply the layouts that change columns: returns the columns and their order in the file."""
    arranged = list(names)
    if "reordered_columns" in layouts:
        arranged.reverse()
    if "extra_column" in layouts:
        turns = np.arange(len(columns[arranged[0]])) % len(_CHANNELS)
        columns = {**columns, EXTRA_COLUMN: pa.array(_CHANNELS).take(pa.array(turns))}
        arranged.append(EXTRA_COLUMN)
    return columns, arranged


def dress(data: bytes, layouts: Sequence[str]) -> bytes:
    """Apply the layouts that change bytes; packing comes last."""
    if "crlf_line_ends" in layouts:
        data = data.replace(b"\n", b"\r\n")
    if "utf8_bom" in layouts:
        data = codecs.BOM_UTF8 + data
    if "gzip_file" in layouts:
        data = gzip.compress(data, compresslevel=6, mtime=0)
    return data
