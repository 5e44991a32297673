"""The embedded Spark, in a process of its own: PySpark keeps to its first kind of session."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.jars import jar_paths

pytestmark = pytest.mark.spark

PROGRAM = """
import sys
from pathlib import Path
from ingestion import spark
from ingestion.settings import Settings

spark.jar_paths = lambda: sorted(Path(sys.argv[1]).glob("*.jar"))
session = spark.start(Settings.read(root=sys.argv[2], engine="spark"))
session.sql(f"create table numbers using delta location '{sys.argv[2]}/numbers' as select 7 as n")
print(session.table("numbers").collect())
"""


def test_spark_finds_its_jars_whatever_the_name_of_the_projects_folder(tmp_path: Path) -> None:
    jars = tmp_path / "My Café, {a}? *#%"
    jars.mkdir()
    for jar in jar_paths():
        shutil.copy(jar, jars)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(jars), str(tmp_path / "root")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[Row(n=7)]\n", done.stderr
