"""Benchmarks: our pipeline beside the same tables by other means, on data that is generated once.

Data flow: data.py (raw files) -> measure.py (programs as child processes) -> results as JSON
           -> report.py -> docs/benchmarks.md
"""
