"""Rules: how the records of a stream become events or profiles of CleverTap.

Start with `rule.py`, what a rule holds. `reading.py` reads one from the settings, `checks.py`
checks it against the columns of its stream, and `suggest/` writes one for a stream without a rule.
"""
