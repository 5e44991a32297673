"""A build that leaves what can't have changed ends as one of everything: it hides no failure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

import orchestration.project
from tests.properties.orchard import Orchard

# By chance its steps have an edit of each kind with nothing else that would hide it, a part that is
# built, a maintenance, a meddler and two red builds; `make soak` tries others.
SEED, STEPS = 10_073, 9


def test_whatever_is_left_as_it_is_the_outcome_is_that_of_a_build_of_everything(
    spark: SparkSession,
    tally: Counter[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    only_tested_builds_are_published: None,
) -> None:
    orchard = Orchard(spark, tmp_path, tally, Random(SEED))
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", orchard.project)
    left = tally["nodes left"]
    orchard.live(STEPS)
    assert tally["nodes left"] > left + STEPS
