"""Running the lakehouse: the `lakehouse` command, dbt in this process, a lock and reports."""
