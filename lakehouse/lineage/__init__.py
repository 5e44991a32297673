"""Column lineage: which columns of the CSV files a column is computed from, and the other way.

Data flow: dbt's compiled SQL -> sqlglot -> a `Lineage` -> `lakehouse lineage`, a page of the docs

A column's inputs are the columns that its value is computed from. What only chooses rows (filters,
join conditions, the grouping of an aggregate) is no input; else every column would depend on nearly
every other.
"""
