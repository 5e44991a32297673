from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.orchestration.aws.state_machines.definitions import (
    MACHINES,
    definition,
    next_ones,
    scopes,
    states,
    written,
)

TAKEN = "DynamoDB.ConditionalCheckFailedException"
PATTERN = re.compile(r"arn:aws:states:::[a-z0-9-]+(:[a-z0-9]+)?:[a-zA-Z]+(\.sync)?")
ENDINGS = {"Succeed", "Fail"}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_definition_names_no_resource_account_or_region(machine: str) -> None:
    for arn in re.findall(r"arn:[^\"]*", written(machine)):
        assert PATTERN.fullmatch(arn), arn
    assert not re.search(r"\d{12}|[a-z]{2}-[a-z]+-\d|ecommerce-lakehouse", written(machine))


@pytest.mark.parametrize("machine", MACHINES)
def test_each_task_has_an_end_and_is_retried_ever_later_and_at_random(machine: str) -> None:
    tasks = {name: state for name, state in states(machine).items() if state["Type"] == "Task"}
    assert tasks
    for name, task in tasks.items():
        assert task["TimeoutSeconds"] > 0, name
        waiting = [retry for retry in task["Retry"] if retry["MaxAttempts"] > 0]
        assert waiting, name
        for retry in waiting:
            assert retry["BackoffRate"] > 1, name
            # The template allows 50 seconds before the first retry.
            assert retry["MaxDelaySeconds"] > 50, name
            assert retry["JitterStrategy"] == "FULL", name


@pytest.mark.parametrize("machine", MACHINES)
def test_first_waits_are_the_templates(machine: str) -> None:
    assert set(re.findall(r'"IntervalSeconds": ([^,]+),', written(machine))) == {"${RetrySeconds}"}


@pytest.mark.parametrize("machine", MACHINES)
def test_what_must_not_be_tried_again_stands_before_what_is(machine: str) -> None:
    for name, state in states(machine).items():
        attempts = [retry["MaxAttempts"] for retry in state.get("Retry", [])]
        assert sorted(attempts, key=bool) == attempts, name
        for catch in state.get("Catch", []):
            if catch["ErrorEquals"] == [TAKEN]:
                assert state["Retry"][0] == {"ErrorEquals": [TAKEN], "MaxAttempts": 0}, name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_failing_test_of_the_data_is_not_tried_again_but_a_job_is_twice(machine: str) -> None:
    for name, state in states(machine).items():
        tried = {
            error: retry["MaxAttempts"]
            for retry in state.get("Retry", [])
            for error in retry["ErrorEquals"]
        }
        if state.get("Resource", "").endswith("glue:startJobRun.sync"):
            assert tried["States.TaskFailed"] == 2
        if name in ("Build", "PublishMetrics", "MarkLoaded", "Explain", "Halt"):
            assert not [error for error in tried if error.startswith("States.")]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reached_and_every_way_leads_on(machine: str) -> None:
    for scope in scopes(definition(machine)):
        reached: set[str] = set()
        waiting = {scope["StartAt"]}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            state = scope["States"][name]  # a KeyError where a way leads nowhere
            ends = state.get("End") or state["Type"] in ENDINGS
            assert bool(ends) != bool({"Next", "Default"} & set(state)), name
            waiting |= next_ones(state) - reached
        assert reached == set(scope["States"])


@pytest.mark.parametrize("machine", MACHINES)
def test_one_catch_covers_the_work_and_leads_through_explanation_to_halt(machine: str) -> None:
    top = definition(machine)["States"]
    inside = set(states(machine)) - set(top)
    assert inside  # the work itself, none of which catches by itself
    assert not [name for name in inside if "Catch" in states(machine)[name]]
    assert top["Run"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "NoteFailure"}
    ]
    way = ["NoteFailure", "Explain", "NotifyFailure", "ReleaseAfterFailure", "Halt", "Lock"]
    for name, following in pairwise(way):
        assert top[name]["Next"] == following


@pytest.mark.parametrize("machine", MACHINES)
def test_whatever_else_fails_is_explained_as_well_and_what_reports_it_leads_to_halt(
    machine: str,
) -> None:
    top = definition(machine)["States"]
    caught = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "NoteFailure"}
    reporting = {
        "Explain": "ExplainInBrief",
        "NotifyFailure": "ReleaseAfterFailure",
        "ReleaseAfterFailure": "Halt",
    }
    for name, state in top.items():
        if state["Type"] not in ("Task", "Parallel") or name == "Halt":
            continue
        last = {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": reporting.get(name)}
        assert state["Catch"][-1] == (last if name in reporting else caught), name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_put_whose_answer_was_lost_can_be_made_again(machine: str) -> None:
    puts = [s for s in states(machine).values() if s.get("Resource", "").endswith(":putItem")]
    assert len(puts) == 2
    for put in puts:
        assert "OR holder = :me" in put["Parameters"]["ConditionExpression"]
        values = put["Parameters"]["ExpressionAttributeValues"]
        assert values[":me"] == put["Parameters"]["Item"]["holder"]


@pytest.mark.parametrize("machine", MACHINES)
def test_no_way_from_the_work_ends_without_a_release(machine: str) -> None:
    top = definition(machine)["States"]
    waiting, seen = {"Run"}, set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        if not name.startswith("Release"):
            assert top[name]["Type"] not in ENDINGS, name
            assert not top[name].get("End"), name
            waiting |= next_ones(top[name]) - seen
    assert {"Release", "ReleaseAfterFailure"} <= seen


def test_both_machines_take_the_same_lock_and_fail_alike() -> None:
    pipeline, backfill = (definition(machine)["States"] for machine in MACHINES)
    # Backfills are started by hand alone, so none waits for its turn.
    shared = set(pipeline) & set(backfill) - {"Run", "Release", "DoesHolderRun"}
    assert {"Lock", "TakeOver", "Refused", "Explain", "Halt", "ReleaseAfterFailure"} <= shared
    assert {name: pipeline[name] for name in shared} == {name: backfill[name] for name in shared}


def test_the_whole_may_take_longer_than_its_steps_with_their_retries() -> None:
    found = states("pipeline")
    job = found["IngestTable"]
    longest = job["TimeoutSeconds"] * 3 + found["Build"]["TimeoutSeconds"]
    longest += sum(found[name]["TimeoutSeconds"] for name in ("PublishMetrics", "MarkLoaded"))
    assert longest < definition("pipeline")["TimeoutSeconds"]


def test_the_backfill_loads_a_bounded_number_of_dates_at_once() -> None:
    assert '"MaxConcurrency": ${BackfillConcurrency}' in written("backfill")
