"""Moves data: state of a root, the pipeline from raw files to gold, upkeep, and AWS."""
