"""`lakehouse erase-user`: a person out of every table, every old version of it and every log.

Data flow: search -> ops.erased_users -> bronze, rejects, ledger -> workspaces dropped -> dbt build,
published -> purge -> search
"""
