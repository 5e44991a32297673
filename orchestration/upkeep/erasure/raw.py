"""Raw files that hold a person. They are searched and never changed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from ingestion.csv_records import split_header, split_records
from ingestion.erased import USER_COLUMN, records_of, text_names
from ingestion.errors import LakehouseError
from ingestion.files import RawFile, list_raw_files, to_path
from ingestion.header import FileFault
from ingestion.reader import decode, read_file
from ingestion.settings import Settings
from ingestion.tables import TABLES


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
        files = list_raw_files(settings.raw)
    except LakehouseError:
        return None
    places = (_search(file, settings, user_id) for file in files)
    return [place for place in places if place.records]


def _search(file: RawFile, settings: Settings, user_id: int) -> RawPlace:
    path = to_path(file.path)
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
        text = decode(content, name, settings.max_file_bytes)
    except FileFault:
        if name.endswith(".gz"):
            return []
        text = content.decode("latin-1")
    header, body = split_header(text)
    texts: pa.StringArray = split_records(body, len(header or ())).raw_text
    return [
        number
        for number, record in enumerate(texts.to_pylist(), start=1)
        if text_names(record, header, user_id.__eq__)
    ]
