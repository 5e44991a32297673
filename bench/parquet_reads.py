"""What a reader that prunes as Trino and Athena do reads of one Parquet file for `column = value`.

Data flow: footer -> row groups that may match -> page index -> pages that may match -> bytes

All columns are read, as for `select *`. A row group is skipped when its statistics rule the value
out. Inside one, a reader with the page index reads of each column the pages that hold rows of a
page of the predicate's column which may match, and the dictionary.
Names and numbers of the fields: https://github.com/apache/parquet-format (parquet.thrift).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.thrift import Struct, read_struct

_TAIL_BYTES = 8  # length of the footer, then the magic number
# FileMetaData, RowGroup, ColumnChunk, ColumnMetaData, Statistics, ColumnIndex, OffsetIndex
_ROW_GROUPS = 4
_COLUMNS, _ROW_COUNT = 1, 3
_META, _OFFSET_INDEX_AT, _COLUMN_INDEX_AT = 3, 4, 6
_PATH, _COMPRESSED_BYTES, _DATA_PAGE_AT, _DICTIONARY_AT, _STATISTICS = 3, 7, 9, 11, 12
_MAX, _MIN = 5, 6
_NULL_PAGES, _PAGE_MINS, _PAGE_MAXS = 1, 2, 3
_LOCATIONS, _PAGE_BYTES, _FIRST_ROW = 1, 2, 3


@dataclass(frozen=True)
class Reads:
    """Bytes of a file that a reader needs.

    Attributes:
        by_row_groups: With the statistics of row groups alone.
        by_pages: With the page index as well, where there is one.
    """

    by_row_groups: int
    by_pages: int


class ParquetFile:
    """The footer and the page index of one file."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        footer_bytes = int.from_bytes(data[-_TAIL_BYTES:-4], "little")
        footer = read_struct(data, len(data) - _TAIL_BYTES - footer_bytes)
        self._groups = [_RowGroup(data, group) for group in footer[_ROW_GROUPS]]

    @property
    def bytes(self) -> int:
        """Bytes of all row groups, so of everything but the metadata."""
        return sum(group.bytes for group in self._groups)

    def reads_for(self, column: str, value: int) -> Reads:
        """What has to be read to find the rows in which a whole number or a date has a value."""
        matching = [group for group in self._groups if group.may_hold(column, value)]
        return Reads(
            by_row_groups=sum(group.bytes for group in matching),
            by_pages=sum(group.bytes_of_pages(column, value) for group in matching),
        )


class _RowGroup:
    def __init__(self, data: bytes, group: Struct) -> None:
        self._data = data
        self._rows: int = group[_ROW_COUNT]
        self._chunks = {
            ".".join(part.decode() for part in chunk[_META][_PATH]): chunk
            for chunk in group[_COLUMNS]
        }

    @property
    def bytes(self) -> int:
        return sum(chunk[_META][_COMPRESSED_BYTES] for chunk in self._chunks.values())

    def may_hold(self, column: str, value: int) -> bool:
        statistics = self._chunks[column][_META].get(_STATISTICS, {})
        if _MIN not in statistics:
            return True
        return _number(statistics[_MIN]) <= value <= _number(statistics[_MAX])

    def bytes_of_pages(self, column: str, value: int) -> int:
        """Bytes of the pages of all columns with rows of a page that may hold the value."""
        chunk = self._chunks[column]
        if _COLUMN_INDEX_AT not in chunk or _OFFSET_INDEX_AT not in chunk:
            return self.bytes
        index = read_struct(self._data, chunk[_COLUMN_INDEX_AT])
        pages = zip(
            self._page_rows(chunk),
            index[_NULL_PAGES],
            index[_PAGE_MINS],
            index[_PAGE_MAXS],
            strict=True,
        )
        wanted = [
            rows
            for rows, is_null, least, most in pages
            if not is_null and _number(least) <= value <= _number(most)
        ]
        return sum(self._bytes_of_rows(chunk, wanted) for chunk in self._chunks.values())

    def _bytes_of_rows(self, chunk: Struct, wanted: Sequence[range]) -> int:
        if not wanted:
            return 0
        meta = chunk[_META]
        if _OFFSET_INDEX_AT not in chunk:
            return int(meta[_COMPRESSED_BYTES])
        pages = zip(self._locations(chunk), self._page_rows(chunk), strict=True)
        dictionary: int = meta[_DATA_PAGE_AT] - meta.get(_DICTIONARY_AT, meta[_DATA_PAGE_AT])
        return dictionary + sum(
            int(page[_PAGE_BYTES])
            for page, rows in pages
            if any(rows.start < some.stop and some.start < rows.stop for some in wanted)
        )

    def _page_rows(self, chunk: Struct) -> list[range]:
        starts = [page[_FIRST_ROW] for page in self._locations(chunk)]
        return [
            range(start, stop)
            for start, stop in zip(starts, [*starts[1:], self._rows], strict=True)
        ]

    def _locations(self, chunk: Struct) -> list[Struct]:
        locations: list[Struct] = read_struct(self._data, chunk[_OFFSET_INDEX_AT])[_LOCATIONS]
        return locations


def _number(stored: bytes) -> int:
    """A whole number or a date as Parquet stores it in statistics."""
    return int.from_bytes(stored, "little", signed=True)
