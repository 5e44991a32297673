"""`lakehouse report`: one HTML page made from gold and the history of runs.

Data flow: Delta tables -> rows (`reading`) -> sections with their charts -> template -> one file
"""
