"""People who were erased: their records are left out wherever raw files are read.

Data flow: ops.erased_users -> salted hashes -> batches of records without those of these people

A record belongs to the person in its `user_id`, whatever its other numbers are. Where a refused
record shows no `user_id`, because its fields are too few, too many or badly quoted, any field that
equals the id counts: what can't be distinguished is erased.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

from ingestion.csv_records import split_records
from ingestion.settings import Settings
from ingestion.tables import Table

USER_COLUMN = "user_id"
# A field ends where a character stands that is in no number, date or time.
_BETWEEN_FIELDS = re.compile(r"[^0-9A-Za-z.:+-]+")
# Also as tools write it that know numbers only with a fraction.
_ID = re.compile(r"\s*([+-]?[0-9]{1,38})(\.0+)?\s*")

IsPerson = Callable[[int], bool]


@dataclass(frozen=True)
class Erased:
    """The people whose records are left out.

    Attributes:
        salt: The root's own, so that hashes of two roots can't be compared.
        hashes: Of the ids.
    """

    salt: str
    hashes: frozenset[str]

    def holds(self, user_id: int) -> bool:
        """Whether this person was erased."""
        return user_hash(self.salt, user_id) in self.hashes

    def without(self, batch: pa.RecordBatch, table: Table, header: Sequence[str]) -> pa.RecordBatch:
        """The records of a batch that are no erased person's."""
        if not self.hashes or USER_COLUMN not in table.column_names:
            return batch
        return batch.filter(pc.invert(records_of(batch, header, self.holds)))


def user_hash(salt: str, user_id: int) -> str:
    """SHA-256 of the salt and the id."""
    return hashlib.sha256(f"{salt}:{user_id}".encode()).hexdigest()


def read_erased(spark: SparkSession, settings: Settings) -> Erased:
    """Read the list of `ops.erased_users`."""
    rows = spark.table(settings.table("ops", "erased_users")).select("salt", "user_hash").collect()
    return Erased(rows[0]["salt"] if rows else "", frozenset(row["user_hash"] for row in rows))


def records_of(
    batch: pa.RecordBatch, header: Sequence[str], is_person: IsPerson
) -> pa.BooleanArray:
    """Which records of a batch are a person's.

    Args:
        batch: Of `reader.record_schema`, of a table with a `user_id`.
        header: Names of the file's columns in its order.
        is_person: Whether an id is the person's.
    """
    ids = batch[USER_COLUMN]
    found = [value for value in pc.unique(ids).drop_null().to_pylist() if is_person(value)]
    mask = pc.is_in(ids, value_set=pa.array(found, ids.type))
    unreadable = pc.and_(pc.is_null(ids), pc.is_valid(batch["raw_text"]))
    if not pc.any(unreadable).as_py():
        return mask
    by_text = [
        is_hidden and text_names(text, header, is_person)
        for is_hidden, text in zip(
            unreadable.to_pylist(), batch["raw_text"].to_pylist(), strict=True
        )
    ]
    return pc.or_(mask, pa.array(by_text, pa.bool_()))


def text_names(
    raw_text: str,
    header: Sequence[str] | None,
    is_person: IsPerson,
    column: str = USER_COLUMN,
) -> bool:
    """Whether a record is a person's, or has another column's id, by its text.

    Args:
        raw_text: As it stands in the file.
        header: Names of the file's columns in its order, None if nobody knows them any more.
        is_person: Whether an id is the person's.
        column: Where the id stands.
    """
    names = [name.strip() for name in header or ()]
    fields = _BETWEEN_FIELDS.split(raw_text)
    if column in names:
        records = split_records(raw_text, len(names)).fields
        whole = records[0].as_py() if len(records) == 1 else None
        if whole is not None and len(whole) == len(names):
            fields = [whole[names.index(column)]]
    ids = (_ID.fullmatch(field) for field in fields)
    return any(is_person(int(found.group(1))) for found in ids if found)
