"""The commands of `lakehouse`: a module for each group, arguments in and a report out."""
