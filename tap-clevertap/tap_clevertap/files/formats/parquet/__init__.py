"""Parquet. Only `parquet_rows` imports these modules, inside its functions: they need pyarrow.

file     opens a file, and gives its rows in batches
layout   which columns are what
texts    values, lists and unions to JSON, array by array
objects  maps to objects
stamps   times of events to `ts`
events   batches to rows of events
profiles batches to rows of profiles

Values are never objects of Python: Arrow makes the JSON of a whole column at once.
"""
