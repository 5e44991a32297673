"""The stand-in's Spark with its catalog in step with Glue's, started when it is first needed."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from moto.glue.models import glue_backends

from tests.cloud.stand_in import ACCOUNT, REGION, StandIn

if TYPE_CHECKING:
    from tests.cloud.spark.catalog import Mirror
    from tests.cloud.spark.jvm import Jvm

log = logging.getLogger(__name__)
HERE = Path(__file__).resolve().parent


class SharedSpark:
    """One JVM for everything in the stand-in that runs Spark."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._lock = threading.Lock()
        self._started: tuple[Jvm, Mirror] | None = None

    def sync(self) -> None:
        """Bring the catalogs in step, unless Spark does not run and so has changed nothing."""
        if self._started:
            self._started[1].sync()

    def child(self, program: str, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
        """Command and variables of a process that attaches to Spark; starts Spark if need be.

        Args:
            program: File name of a script in this folder.
            arguments: For the script.
        """
        jvm, mirror = self._running()
        mirror.sync()
        return [sys.executable, str(HERE / program), *arguments], jvm.environment

    def cancel(self, group: str) -> None:
        """Cancel what Spark runs for a group of jobs."""
        jvm, _ = self._running()
        jvm.session.sparkContext.cancelJobGroup(group)

    def _running(self) -> tuple[Jvm, Mirror]:
        with self._lock:
            if self._started is None:
                # Imported here: a cloud that runs no Spark starts faster without.
                from tests.cloud.spark.catalog import Mirror
                from tests.cloud.spark.jvm import start

                log.info("Starting Spark")
                jvm = start(self._stand_in.folder, self._stand_in.endpoint)
                self._started = jvm, Mirror(jvm.session, glue_backends[ACCOUNT][REGION])
            return self._started
