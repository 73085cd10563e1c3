"""Suggests a rule, to paste into the settings, for a stream that has none.

Start with `suggest.py`. `table_kind.py` decides what the rows are; `profile.py`, `event.py`,
`audience.py` and `mongodb.py` write a rule for each kind; `words.py` is the vocabulary.
"""
