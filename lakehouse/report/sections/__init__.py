"""The parts of the page: a module each, from the lake's rows to a `Section`."""
