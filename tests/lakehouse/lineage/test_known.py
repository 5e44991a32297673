from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingestion.settings import Settings
from lakehouse.lineage.known import known_lineage


def test_lineage_needs_no_lakehouse_is_kept_and_is_traced_anew_once_a_model_changes(
    project: Path, tmp_path: Path
) -> None:
    settings = Settings.read(root=str(tmp_path / "nowhere"))
    events: list[str] = []
    first = known_lineage(settings, lambda event: events.append(event.name))
    assert not (tmp_path / "nowhere").exists()
    assert "daily_sales" in events
    events.clear()
    again = known_lineage(replace(settings), lambda event: events.append(event.name))
    assert again == first
    assert events == []
    model = project / "models" / "silver" / "orders.sql"
    hour = "hour(order_timestamp)"
    model.write_text(model.read_text().replace(hour, f"{hour} + user_id"))
    changed = known_lineage(settings, lambda event: events.append(event.name))
    assert changed.column("silver.orders.hour_of_day").inputs == (
        "silver.orders_checked.order_timestamp",
        "silver.orders_checked.user_id",
    )
