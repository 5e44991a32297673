"""The dbt project as files: its folder, its digest, its seeds and its references."""

from __future__ import annotations

from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
