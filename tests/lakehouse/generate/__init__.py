"""Tests of the generator; `judge` reads its files without any code of the project."""
