"""Say what failed in an execution in words that a person can act on.

Data flow: error and cause of the failed step, the execution's history, summary.json of the build ->
what failed and why, where its log is, which command to run next
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from orchestration.aws.lambdas.artifacts import read_artifact
from orchestration.aws.lambdas.causes import read_cause, time_of
from orchestration.aws.lambdas.failed_step import Step, failed_step

_PROBLEMS_SHOWN = 10
_REASON_LENGTH = 2000
_WHOLE_BUILD = "build"
# Of SNS: one line, printable ASCII, less than 100 characters.
_SUBJECT_LENGTH = 99


@dataclass(frozen=True)
class Execution:
    """The execution that failed, and what its ARN says."""

    arn: str
    name: str

    @property
    def region(self) -> str:
        """AWS region."""
        return self.arn.split(":")[3]

    @property
    def machine(self) -> str:
        """What of the environment it is an execution of: `pipeline` or `backfill`."""
        return self.arn.split(":")[6].rpartition("-")[2]

    @property
    def console(self) -> str:
        """Start of the addresses of the AWS console."""
        return f"https://{self.region}.console.aws.amazon.com"

    @property
    def link(self) -> str:
        """Where the console shows the execution."""
        return f"{self.console}/states/home?region={self.region}#/v2/executions/details/{self.arn}"

    @property
    def redrive(self) -> str:
        """The command that repeats what failed."""
        command = f"aws stepfunctions redrive-execution --execution-arn {self.arn}"
        return f"{command} --region {self.region}"

    def function_log(self, step: Step) -> str:
        """Where the console shows the log of a step's Lambda."""
        what = re.sub(r"(?<!^)(?=[A-Z])", "-", step.name).lower()
        function = self.arn.split(":")[6].removesuffix(self.machine) + what
        group = f"/aws/lambda/{function}".replace("/", "$252F")
        start = f"{self.console}/cloudwatch/home?region={self.region}"
        return f"{start}#logsV2:log-groups/log-group/{group}"


@dataclass(frozen=True)
class Finding:
    """What is known of a failure.

    Attributes:
        what: What failed, in half a sentence.
        reason: Why, in its own words, which may be several lines.
        remedy: What to do before the execution is repeated.
        log: Address of the log, if there is one.
    """

    what: str
    reason: str
    remedy: str
    log: str | None = None


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Explain a failure.

    Args:
        event: `execution_id` (its ARN), `execution_name`, `error` and `cause`.
        context: Of the Lambda; not used.

    Returns:
        `subject` and `message` of a notification, and the parts of it: `step`, `item` (the table or
        date that the step worked on, or empty), `what` and `next`.
    """
    execution = Execution(event["execution_id"], event["execution_name"])
    error, cause = str(event.get("error") or ""), str(event.get("cause") or "")
    step = failed_step(execution.arn)
    found = _finding(execution, error, cause, step)
    environment = os.environ["ENVIRONMENT"]
    next_step = f"{found.remedy}\n  {execution.redrive}"
    where = f" at {step}" if step else ""
    parts = [
        f"The {execution.machine} of {environment} failed{where}: {found.what}.",
        f"Reason: {_shortened(found.reason)}",
        *([f"Log: {found.log}"] if found.log else []),
        f"Execution: {execution.link}",
        f"Next: {next_step}",
    ]
    return {
        "subject": _subject(f"{environment} {execution.machine} failed{where}: {found.what}"),
        "message": "\n\n".join(parts),
        "step": step.name if step else "unknown",
        "item": step.item if step else "",
        "what": found.what,
        "next": next_step,
    }


def _finding(execution: Execution, error: str, cause: str, step: Step | None) -> Finding:
    fields = read_cause(cause)
    if "jobName" in fields:
        return _of_glue_job(execution, fields)
    if "buildStatus" in fields:
        return _of_build(execution, fields)
    if error == "States.Timeout":
        return Finding(
            f"{step or 'a step'} did not end within its time limit",
            cause or "States.Timeout",
            "See in the execution what it waited for. If it was only slow, give it more time in the"
            " state machine, deploy, and start a new execution, as a redrive keeps the limits that"
            " there were.\nElse fix what held it up, then repeat what failed:",
        )
    kind = str(fields.get("errorType") or error or "an error without a name")
    return Finding(
        f"{kind} in {step}" if step else kind,
        str(fields.get("errorMessage") or cause or "none was given"),
        "Fix what it names, then repeat what failed:",
        execution.function_log(step) if step and "errorType" in fields else None,
    )


def _of_glue_job(execution: Execution, run: dict[str, Any]) -> Finding:
    job, run_id, state = run["jobName"], run.get("id", ""), run.get("jobRunState", "FAILED")
    log = f"{execution.console}/gluestudio/home?region={execution.region}#/job/{job}/run/{run_id}"
    outcomes = {"TIMEOUT": "did not end within its time limit", "STOPPED": "was stopped"}
    return Finding(
        f"the Glue job {job} {outcomes.get(state, 'failed')} (run {run_id})",
        str(run.get("errorMessage") or f"Glue says {state} and no more"),
        "Fix what it names, then repeat what failed; files that were loaded are not loaded again:",
        log,
    )


def _of_build(execution: Execution, build: dict[str, Any]) -> Finding:
    log = (build.get("logs") or {}).get("deepLink")
    outcomes = {"TIMED_OUT": "did not end within its time limit", "STOPPED": "was stopped"}
    outcome = outcomes.get(build["buildStatus"], "failed")
    # After a redrive, that of an earlier attempt may still be there.
    started_at = time_of(build.get("startTime"))
    summary = read_artifact(os.environ["BUCKET"], execution.name, "summary.json", started_at) or {}
    problems = summary.get("problems") or []
    if not problems:
        return Finding(
            f"the dbt build {outcome}",
            _failed_phase(build),
            "See the log and fix the cause, then repeat what failed:",
            log,
        )
    # What stopped the build as a whole is a problem of no test or model.
    nodes = [problem for problem in problems if problem.get("kind") != _WHOLE_BUILD]
    others = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
    return Finding(
        f"the dbt build {outcome}" + (f": {_named(nodes[0])}{others}" if nodes else ""),
        "\n".join(_problem_lines(problems)),
        _remedy_of(nodes, str(summary.get("run_id", ""))),
        log,
    )


def _failed_phase(build: dict[str, Any]) -> str:
    for phase in build.get("phases") or []:
        if phase.get("phaseStatus") not in (None, "SUCCEEDED"):
            said = [
                f"{context.get('statusCode', '')} {context.get('message', '')}".strip()
                for context in phase.get("contexts") or []
            ]
            words = "; ".join(filter(None, said)) or str(phase["phaseStatus"])
            return f"phase {phase.get('phaseType', '')}: {words}"
    return f"CodeBuild says {build['buildStatus']}, and the build left no summary"


def _problem_lines(problems: list[dict[str, Any]]) -> list[str]:
    lines = [f"- {_told(problem)}" for problem in problems[:_PROBLEMS_SHOWN]]
    left = len(problems) - _PROBLEMS_SHOWN
    return [*lines, f"- and {left} more"] if left > 0 else lines


def _named(problem: dict[str, Any]) -> str:
    table = f" of {problem['table']}" if problem.get("table") else ""
    return f"{problem.get('kind', 'node')} {problem.get('name', '?')}{table}"


def _told(problem: dict[str, Any]) -> str:
    message = problem.get("message") or "no message"
    if problem.get("kind") == _WHOLE_BUILD:
        return str(message)
    return f"{_named(problem)}{_rows(problem)}: {message}"


def _rows(problem: dict[str, Any]) -> str:
    return f" ({problem['failures']} rows)" if problem.get("failures") else ""


def _remedy_of(problems: list[dict[str, Any]], run_id: str) -> str:
    if not problems:
        return "Fix what it names, then repeat what failed:"
    if not any(problem.get("kind") == "test" for problem in problems):
        return "Fix the model or what it reads, deploy, then repeat what failed:"
    prefix = "" if os.environ["ENVIRONMENT"] == "prod" else f"{os.environ['ENVIRONMENT']}_"
    return (
        "Look at the failing rows in Athena:\n"
        f"  select test_name, failing_row from {prefix}ops.test_failures"
        f" where run_id = '{run_id}'\n"
        "Fix the data or the rule, then repeat what failed:"
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _REASON_LENGTH else f"{text[:_REASON_LENGTH]} ..."


def _subject(text: str) -> str:
    line = " ".join(text.encode("ascii", "replace").decode().split())
    return line if len(line) <= _SUBJECT_LENGTH else f"{line[: _SUBJECT_LENGTH - 3]}..."
