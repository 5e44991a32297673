"""A run: raw files to bronze, dbt in this process, tests, and the record of it."""
