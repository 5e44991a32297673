"""`lakehouse plan`: what a run would read, build, test and publish, and why; nothing is written."""
