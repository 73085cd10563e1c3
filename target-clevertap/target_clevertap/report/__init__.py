"""The report of a run: what became of its records and requests, in JSON or as a page."""
