"""The Glue interactive session that dbt works in: its name, its cores, and its end.

dbt leaves a session that it reuses running, and it costs money until its time-out.
"""

from __future__ import annotations

import logging
from typing import Any

import yaml

from orchestration.project import PROJECT_FOLDER
from orchestration.state.aws_clients import new_client

_CORES_OF_A_WORKER = {"G.1X": 4, "G.2X": 8}
_AT_AN_END = ("STOPPING", "STOPPED", "FAILED", "TIMEOUT")

logger = logging.getLogger(__name__)


class GlueSession:
    """The session of one environment.

    Args:
        target: Of dbt's profile.
    """

    def __init__(self, target: str) -> None:
        profile = yaml.safe_load((PROJECT_FOLDER / "profiles" / "profiles.yml").read_text())
        output: dict[str, Any] = profile["ecommerce_lakehouse"]["outputs"][target]
        self.name: str = output["glue_session_id"]
        # Of the workers one is the driver, which runs no tasks.
        self.cores: int = (output["workers"] - 1) * _CORES_OF_A_WORKER[output["worker_type"]]

    def stop(self) -> None:
        """Ask it to stop, if it is there.

        What fails here is logged: the build has come to its end, well or not, and the session
        ends by its own time-out.
        """
        try:
            glue = new_client("glue")
            if self._state(glue) not in (None, *_AT_AN_END):
                glue.stop_session(Id=self.name)
        except Exception as error:
            logger.warning("The Glue session %s could not be stopped: %s", self.name, error)

    def _state(self, glue: Any) -> str | None:
        try:
            return str(glue.get_session(Id=self.name)["Session"]["Status"])
        except glue.exceptions.EntityNotFoundException:
            return None
