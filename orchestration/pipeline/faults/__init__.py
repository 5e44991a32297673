"""Mistakes in the files of the project, shown in the file: refused SQL and unreadable templates."""
