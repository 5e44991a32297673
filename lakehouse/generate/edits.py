"""Carries out the defects of one file's records and notes each of them.

Data flow: rendered bytes + placed defects -> bytes with spoilt records + manifest entries
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ingestion.tables import TABLES
from lakehouse.generate.csv_text import replace_records
from lakehouse.generate.manifest import Injected
from lakehouse.generate.variants import VARIANTS


class Editor:
    """Takes the variants of a defect in turn, so that every column gets its share of faults."""

    def __init__(self, seed: int) -> None:
        self._first = seed
        self._used: Counter[tuple[str, str]] = Counter()

    def spoil(
        self, data: bytes, file: str, names: Sequence[str], edits: Mapping[int, str]
    ) -> tuple[bytes, list[Injected]]:
        """Spoil records of one file.

        Args:
            data: The file as `render` wrote it.
            file: Its path relative to raw/; the folder is the table.
            names: Its columns in the file's order.
            edits: Positions, 0 is the first record, with the defect of each.
        """
        injected: list[Injected] = []

        def rewrite(position: int, defect: str, fields: list[str]) -> str:
            text, entry = self._edit(file, names, defect, position + 1, fields)
            injected.append(entry)
            return text

        return replace_records(data, edits, rewrite), injected

    def _edit(
        self, file: str, names: Sequence[str], defect: str, record_number: int, fields: list[str]
    ) -> tuple[str, Injected]:
        table = file.partition("/")[0]
        ring = VARIANTS[defect][table]
        variant = ring[(self._first + self._used[defect, table]) % len(ring)]
        self._used[defect, table] += 1
        key = int(fields[names.index(TABLES[table].key)])
        for change in variant.changes:
            place = names.index(change.column)
            fields[place] = change.value(fields[place])
        columns = [change.column for change in variant.changes]
        entry = Injected(
            defect,
            file,
            record_number,
            column=", ".join(columns) or None,
            value=fields[names.index(columns[0])] if len(columns) == 1 else None,
            key=key,
            reasons=variant.reasons,
        )
        return variant.write(fields), entry
