"""One writer at a time for each table, where several jobs share a root: a lock in DynamoDB.

Data flow: name of a lock -> item of the lock table (who holds it) -> work -> item deleted

Delta on S3 is safe for one driver only, and three ingestion jobs run at once. A job that dies
leaves its item behind; the next one asks Glue whether that job run is at work, and if not takes
over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import LakehouseError
from ingestion.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

OPS = "ops"
_AT_WORK = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
_SECONDS_BETWEEN_TRIES = 2.0
# Half an hour, far longer than a job holds one and well below the time that Glue gives a job: who
# waits so long waits for somebody who is gone, and is still there to say so.
_TRIES = 900

logger = logging.getLogger(__name__)

Hold = Callable[[str], AbstractContextManager[None]]
"""Hold a lock, by its name, while what is inside happens."""


def not_shared(name: str) -> AbstractContextManager[None]:
    """No lock at all: nobody else writes to this root."""
    del name
    return nullcontext()


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes:
        name: The id of a Glue job run, or another name that nobody else has.
        job: The Glue job, empty for others: only a job run can be asked whether it is at work.
    """

    name: str
    job: str = ""

    def __str__(self) -> str:
        return f"run {self.name} of the Glue job {self.job}" if self.job else self.name


class LockTable:
    """The locks of one root; `hold` is the `Hold` of one holder.

    Args:
        table: Name of the DynamoDB table, whose key is `lock_name`.
        me: Who takes the locks.
        pause: Called between two tries to take a lock that another holds.
    """

    def __init__(
        self,
        table: str,
        me: Holder,
        pause: Callable[[], None] = lambda: sleep(_SECONDS_BETWEEN_TRIES),
    ) -> None:
        self._table = table
        self._me = me
        self._pause = pause
        self._dynamodb: DynamoDBClient = boto3.client("dynamodb")

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a lock; wait while another holder that is at work has it.

        Raises:
            LakehouseError: The table can't be used, or the other never lets go.
        """
        self._take(name)
        try:
            yield
        finally:
            self._let_go(name)

    def _take(self, name: str) -> None:
        holder = None
        for _ in range(_TRIES):
            with self._failures_explained():
                if self._put(name, replacing=self._me):
                    return
                holder = self._holder(name)
                if holder is None:
                    continue
                if holder.job and not _is_at_work(holder):
                    logger.warning("%s has left the lock %s behind.", holder, name)
                    if self._put(name, replacing=holder):
                        return
                    continue
            self._pause()
        raise LakehouseError(
            f"The lock {name!r} in the table {self._table} is held by {holder}, too long to wait.",
            "If that is at work, wait until it has ended; if not, delete the item from the table.",
        )

    def _put(self, name: str, replacing: Holder) -> bool:
        """Take a lock that nobody holds, or this holder does; tell whether that was so."""
        item: dict[str, UniversalAttributeValueTypeDef] = {
            "lock_name": {"S": name},
            "holder": {"S": self._me.name},
            "job": {"S": self._me.job},
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(lock_name) or holder = :holder",
                ExpressionAttributeValues={":holder": {"S": replacing.name}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _holder(self, name: str) -> Holder | None:
        """Who has it; None if it was let go of in the meantime."""
        found = self._dynamodb.get_item(
            TableName=self._table, Key={"lock_name": {"S": name}}, ConsistentRead=True
        )
        item = found.get("Item")
        if item is None:
            return None
        return Holder(item["holder"]["S"], item.get("job", {}).get("S", ""))

    def _let_go(self, name: str) -> None:
        """Delete the item. If that fails it is taken over once this job run has ended."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"lock_name": {"S": name}},
                ConditionExpression="holder = :me",
                ExpressionAttributeValues={":me": {"S": self._me.name}},
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("The lock %s could not be let go of: %s", name, error)

    @contextmanager
    def _failures_explained(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise LakehouseError(
                f"The lock table {self._table} can't be used: {error}",
                "Check its name, the rights to read and write it and to see Glue job runs, and the"
                " network; then run again.",
            ) from error


def holding(settings: Settings, me: Holder) -> Hold:
    """How this holder takes the locks of a root: in its lock table, or not at all without one."""
    return LockTable(settings.lock_table, me).hold if settings.lock_table else not_shared


def _is_at_work(holder: Holder) -> bool:
    """Whether a Glue job run has not ended; one that Glue does not know any more has."""
    glue = boto3.client("glue")
    try:
        run = glue.get_job_run(JobName=holder.job, RunId=holder.name)["JobRun"]
    except glue.exceptions.EntityNotFoundException:
        return False
    return run["JobRunState"] in _AT_WORK
