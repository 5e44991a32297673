"""Literal measurements for tests."""

from __future__ import annotations

from bench.measure import Measurement


def run(
    program: str,
    number: int,
    seconds: float,
    phases: dict[str, float] | None = None,
    peak_mib: int = 100,
    exit_code: int = 0,
) -> Measurement:
    return Measurement(
        program=program,
        round=number,
        seconds=seconds,
        phases=phases or {"start": 1.0},
        peak_bytes=peak_mib * 1024**2,
        written_bytes=10 * 1024**2,
        exit_code=exit_code,
    )
