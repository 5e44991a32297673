from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

from orchestration.aws.lambdas.start_pipeline import Arrival, execution_name, handler
from tests.orchestration.aws.lambdas.conftest import Context

ORDERS = "raw/orders/2025-04-01.csv"
ITEMS = "raw/order_items/2025-04-02.csv"
ROLE = "arn:aws:iam::123456789012:role/machine"
MACHINE = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


class Pipeline:
    """A pipeline whose executions run until they are stopped, and its table of locks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.states: Any = boto3.client("stepfunctions")
        self.arn = self.machine("pipeline")
        boto3.client("dynamodb").create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "lock_name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lock_name", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        monkeypatch.setenv("PIPELINE_ARN", self.arn)
        monkeypatch.setenv("LOCKS_TABLE", "locks")

    def machine(self, name: str) -> str:
        made = self.states.create_state_machine(name=name, definition=MACHINE, roleArn=ROLE)
        return str(made["stateMachineArn"])

    def lock(self, holder: str) -> None:
        item = {"lock_name": {"S": "pipeline"}, "holder": {"S": holder}}
        boto3.client("dynamodb").put_item(TableName="locks", Item=item)

    def executions(self) -> list[str]:
        found = self.states.list_executions(stateMachineArn=self.arn)["executions"]
        return [execution["name"] for execution in found]

    def end_all(self) -> None:
        for execution in self.states.list_executions(stateMachineArn=self.arn)["executions"]:
            self.states.stop_execution(executionArn=execution["executionArn"])

    def input_of(self, name: str) -> Any:
        arn = self.arn.replace(":stateMachine:", ":execution:") + f":{name}"
        return json.loads(self.states.describe_execution(executionArn=arn)["input"])


@pytest.fixture
def pipeline(aws: None, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return Pipeline(monkeypatch)


def message(number: int, key: str, etag: str = "e1", version: str | None = "v1") -> dict[str, str]:
    found = {"key": key, "etag": etag, **({"version-id": version} if version else {})}
    body = {"detail-type": "Object Created", "detail": {"object": found}}
    return {"messageId": f"m{number}", "body": json.dumps(body)}


def arrive(*messages: dict[str, str]) -> list[str]:
    """Hand a batch to the Lambda; returns the ids of the messages that come again."""
    answer = handler({"Records": list(messages)}, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_batch_of_arrivals_starts_one_execution(pipeline: Pipeline) -> None:
    assert arrive(message(1, ORDERS), message(2, ITEMS)) == []
    (name,) = pipeline.executions()
    assert name.startswith("arrivals-2025-04-02-")
    assert pipeline.input_of(name) == {"trigger": "arrivals"}


def test_the_name_depends_on_the_set_of_file_versions_alone() -> None:
    orders, items = Arrival(ORDERS, "v1"), Arrival(ITEMS, "v1")
    name = execution_name([orders, items])
    assert name == execution_name([items, orders, orders])
    assert name != execution_name([orders, Arrival(ITEMS, "v2")])
    assert name != execution_name([orders])


def test_a_name_is_one_that_step_functions_takes() -> None:
    odd = Arrival("raw/orders/" + "ü <odd> name " * 90 + ".csv", "v1")
    for arrivals in ([odd], [Arrival(ORDERS, "v1")]):
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,80}", execution_name(arrivals))
    assert execution_name([odd]).startswith("arrivals-none-")


def test_the_same_arrivals_again_start_nothing_more(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS))
    pipeline.end_all()
    assert arrive(message(2, ORDERS)) == []
    assert len(pipeline.executions()) == 1


def test_a_new_version_of_a_file_starts_another_execution(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS, version="v1"))
    pipeline.end_all()
    arrive(message(2, ORDERS, version="v2"))
    assert len(pipeline.executions()) == 2


def test_without_versioning_the_content_distinguishes_versions(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS, etag="e1", version=None))
    pipeline.end_all()
    arrive(message(2, ORDERS, etag="e2", version=None))
    assert len(pipeline.executions()) == 2


def test_arrivals_wait_in_the_queue_while_an_execution_runs(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS))
    assert arrive(message(2, ITEMS), message(3, "raw/products/products.csv")) == ["m2", "m3"]
    pipeline.end_all()
    assert arrive(message(2, ITEMS), message(3, "raw/products/products.csv")) == []
    assert len(pipeline.executions()) == 2


def test_arrivals_wait_while_a_backfill_holds_the_lock(pipeline: Pipeline) -> None:
    backfill = pipeline.machine("backfill")
    holder = pipeline.states.start_execution(stateMachineArn=backfill, name="b")["executionArn"]
    pipeline.lock(holder)
    assert arrive(message(1, ORDERS)) == ["m1"]
    pipeline.states.stop_execution(executionArn=holder)
    assert arrive(message(1, ORDERS)) == []


def test_a_lock_of_an_execution_that_is_long_forgotten_holds_nothing_up(
    pipeline: Pipeline,
) -> None:
    pipeline.lock(pipeline.arn.replace(":stateMachine:", ":execution:") + ":forgotten")
    assert arrive(message(1, ORDERS)) == []
    assert len(pipeline.executions()) == 1


@pytest.mark.parametrize(
    "key",
    [
        *("raw/README.md", "raw/manifest.json", "raw/.staging/2025-04-01.csv", "raw/orders/"),
        *("raw/orders/_temporary/2025-04-01.csv", "silver/orders/part-0.parquet"),
    ],
)
def test_what_ingestion_leaves_out_starts_nothing(pipeline: Pipeline, key: str) -> None:
    assert arrive(message(1, key)) == []
    assert pipeline.executions() == []


def test_what_ingestion_leaves_out_does_not_wait_in_the_queue(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS))
    assert arrive(message(2, "raw/README.md"), message(3, ITEMS)) == ["m3"]


@pytest.mark.parametrize("key", ["raw/wrong/2025-04-01.csv", "raw/orders/notes.txt"])
def test_a_file_in_a_wrong_place_starts_a_run_that_reports_it(pipeline: Pipeline, key: str) -> None:
    arrive(message(1, key))
    assert len(pipeline.executions()) == 1


def test_an_encoded_key_is_read_as_it_is_in_the_bucket(pipeline: Pipeline) -> None:
    assert arrive(message(1, "raw/%2Ehidden/2025-04-01.csv")) == []
    assert pipeline.executions() == []
    arrive(message(2, "raw%2Forders/2025-04-01+%281%29.csv"))
    assert pipeline.executions()[0].startswith("arrivals-2025-04-01-")


@pytest.mark.parametrize("body", ["{cut", "[]", "{}", '"text"', '{"detail": {"object": {}}}'])
def test_a_message_that_is_no_event_comes_again_until_it_is_set_aside(
    pipeline: Pipeline, body: str
) -> None:
    assert arrive({"messageId": "bad", "body": body}, message(1, ORDERS)) == ["bad"]
    assert len(pipeline.executions()) == 1


def test_the_schedule_starts_one_execution_a_day(pipeline: Pipeline) -> None:
    event = {"trigger": "schedule", "time": "2025-04-02T05:00:00Z"}
    assert handler(event, Context()) == {"execution": "daily-2025-04-02", "started": True}
    pipeline.end_all()
    assert handler(event, Context("other")) == {"execution": "daily-2025-04-02", "started": False}
    assert pipeline.input_of("daily-2025-04-02") == {"trigger": "schedule"}


def test_the_schedule_starts_nothing_while_an_execution_runs(pipeline: Pipeline) -> None:
    arrive(message(1, ORDERS))
    event = {"trigger": "schedule", "time": "2025-04-02T05:00:00Z"}
    assert handler(event, Context()) == {"execution": "daily-2025-04-02", "started": False}
    assert len(pipeline.executions()) == 1


def test_a_start_by_hand_is_named_for_its_request(pipeline: Pipeline) -> None:
    assert handler({"trigger": "manual"}, Context("r7")) == {
        "execution": "manual-r7",
        "started": True,
    }
