"""Raw files that hold a person. They are searched and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.csv_records import blocks_of_lines, fields_of, split_block, split_first_line
from ingestion.erased import USER_COLUMN, records_of, text_names
from ingestion.errors import LakehouseError
from ingestion.faults import FileFault
from ingestion.files import RawFile, list_raw_files, to_path
from ingestion.reader import read_file
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.text import text_of


@dataclass(frozen=True)
class RawPlace:
    """A raw file that holds a person.

    Attributes:
        source_file: Path below the raw folder.
        records: Numbers of the person's records, counted from 1 below the header.
        is_sure: The file can be read as its table; else a record counts if any field is the id.
    """

    source_file: str
    records: list[int]
    is_sure: bool


def search_raw(settings: Settings, user_id: int) -> list[RawPlace] | None:
    """Search all raw files, also those that are not loaded; None if there is no raw folder.

    A file that is damaged beyond reading is left out.
    """
    try:
        files = list_raw_files(settings.raw, max_bytes=settings.max_file_bytes)
    except LakehouseError:
        return None
    places = (_search(file, settings, user_id) for file in files)
    return [place for place in places if place.records]


def _search(file: RawFile, settings: Settings, user_id: int) -> RawPlace:
    path = to_path(file.path)
    if not file.is_openable:
        return RawPlace(file.source_file, [], False)
    content = path.read_bytes()
    table = TABLES.get(str(file.table_name))
    if table is not None and USER_COLUMN not in table.column_names:
        return RawPlace(file.source_file, [], True)
    if table is not None:
        try:
            header, batches = read_file(content, path.name, table, settings.max_file_bytes)
            numbers = [
                number
                for batch in batches
                for number in batch.filter(records_of(batch, header.names, user_id.__eq__))[
                    "record_number"
                ].to_pylist()
            ]
            return RawPlace(file.source_file, sorted(numbers), True)
        except FileFault:
            pass
    return RawPlace(file.source_file, _in_text(content, path.name, settings, user_id), False)


def _in_text(content: bytes, name: str, settings: Settings, user_id: int) -> list[int]:
    try:
        text = text_of(content, name, settings.max_file_bytes)
    except FileFault:
        if name.endswith(".gz"):
            return []
        text = content.decode("latin-1").encode()
    try:
        return list(_named_in(text, user_id))
    except FileFault:
        return []


def _named_in(text: bytes, user_id: int) -> Iterator[int]:
    line, start = split_first_line(text)
    header = fields_of(line)
    number, rest = 0, ""
    for block, is_last in blocks_of_lines(text, start):
        records, rest = split_block(rest + block.decode(), (len(header or ()),), is_last)
        for record in records.raw_text.to_pylist():
            number += 1
            if text_names(record, header, user_id.__eq__):
                yield number
