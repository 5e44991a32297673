"""The module by whose name dbt finds the plugin; it is installed at the top level."""

from __future__ import annotations

from orchestration.pipeline.dbt_session import plugins

__all__ = ["plugins"]
