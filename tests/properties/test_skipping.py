"""A build that leaves what can't have changed ends as one of everything: it hides no failure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

import orchestration.project
from tests.properties.orchard import Orchard

STEPS = 7


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_left_as_it_is_the_outcome_is_that_of_a_build_of_everything(
    seed: int,
    spark: SparkSession,
    tally: Counter[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    only_tested_builds_are_published: None,
) -> None:
    orchard = Orchard(spark, tmp_path, tally, Random(seed))
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", orchard.project)
    left = tally["nodes left"]
    orchard.live(STEPS)
    assert tally["nodes left"] > left + STEPS
