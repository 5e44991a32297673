"""What commands have in common: how they end, and which roots some of them refuse."""

from __future__ import annotations

from ingestion.errors import LakehouseError
from ingestion.settings import Settings


class Ended(Exception):
    """A run came to its end with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def require_local_root(settings: Settings) -> None:
    """Refuse a root that is not on this machine: the command moves files of a folder.

    Raises:
        LakehouseError: It is on S3.
    """
    if not settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is no folder of this machine.",
            "This command works on a folder; on S3 the Glue jobs and the dbt targets do the work.",
        )
