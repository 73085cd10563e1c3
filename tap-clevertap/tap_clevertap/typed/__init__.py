"""Typed streams, a stream for each event: names, columns by getSchema, and the catalog they need.

`names.py`, `kinds.py`, `columns.py`, `declared.py` and `given_columns.py` are pure;
`layout.py` decides which streams a run has.
"""
