"""The two streams. Start reading here: `events.py`, then `base.py`.

A stream plans the days to read, takes pages from `exports/`, makes records with `records/`, and
moves its bookmarks in `state/`.
"""
