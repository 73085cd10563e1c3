"""From rows to records: pure functions, without input or output.

`rows.py` decodes a page, `events.py` and `profiles.py` make records of rows, `keys.py` has the
frozen keys, `duplicates.py` numbers identical rows, and `encoder.py` is the fast path for events.
"""
