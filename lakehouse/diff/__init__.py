"""`lakehouse diff`: what is published, a workspace or a run, compared with another, row by row."""
