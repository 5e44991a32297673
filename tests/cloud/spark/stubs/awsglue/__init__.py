"""What Glue has for the scripts that it runs, as far as this project's and dbt-glue's need it."""
