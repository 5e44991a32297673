"""The AWS side: deployment, the dbt build on Glue, and the data catalog."""
