"""The docs site: dbt's page of tables, columns and graph, and a page of column lineage.

Data flow: the dbt project + the tables of a root -> dbt docs, lineage -> two pages -> 127.0.0.1
"""
