from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.plain_tables import new_root, seen_together
from tests.publication_readers import publish_all, states_after

# `PUBLICATIONS=200 READERS=3 ALONE=20 pytest -s tests/test_publication_readers.py` takes minutes.
_PUBLICATIONS, _READERS, _ALONE = (
    int(os.environ.get(name, default))
    for name, default in {"PUBLICATIONS": "12", "READERS": "2", "ALONE": "3"}.items()
)


def test_readers_beside_publications_see_one_published_state_after_the_other(
    tmp_path: Path,
) -> None:
    settings = new_root(tmp_path / "lake")
    publish_all(settings, 1, 1)
    counts = [str(_PUBLICATIONS), str(_ALONE)]
    command = [sys.executable, "-m", "tests.publication_readers", settings.root, *counts]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(_READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout
            assert reader.stdout.readline() == "ready\n"
        publish_all(settings, 2, _PUBLICATIONS)
    finally:
        (tmp_path / "done").touch()
    found = [json.loads(reader.communicate()[0]) for reader in readers]
    sys.stdout.write(f"{found}\n")
    for one in found:
        assert {name: one[name] for name in ("mixed", "backwards", "missing", "red")} == {
            "mixed": 0,
            "backwards": 0,
            "missing": 0,
            "red": 0,
        }
        assert one["states"] > 1
    assert seen_together(settings) == states_after(_PUBLICATIONS)[-1]
