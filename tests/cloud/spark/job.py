"""The process of a Glue job run: the script, with Glue's modules, on the stand-in's Spark.

python tests/cloud/spark/job.py SCRIPT --JOB_NAME name --JOB_RUN_ID id [--argument value ...]
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run the script as Glue does: its arguments in `sys.argv`, Spark there when it asks."""
    script, *words = sys.argv[1:]
    # The modules that the job brought come first, this project's own (a checkout) last.
    sys.path.remove(str(HERE))
    sys.path += [str(HERE / "stubs"), str(HERE.parents[2])]
    from tests.cloud.spark.attach import attach

    conf = words[words.index("--conf") + 1] if "--conf" in words else ""
    attach(conf)
    sys.argv = [script, *words]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
