"""Writes the files that a new raw table or a new model begins with, and says what is left to do.

Data flow: a table declared in ingestion/tables.py, or a name and a layer -> templates -> files of
models/, with `FILL IN` wherever a person has to write the words
"""
