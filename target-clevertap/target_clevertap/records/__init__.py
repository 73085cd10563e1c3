"""Turns the records of a stream into records of CleverTap; pure, without files or network.

Start with `entry_builder.py`. `mapping.py` maps records by a rule, `tap_events.py` and
`tap_profiles.py` those of tap-clevertap. `values.py` converts values, `limits.py` has the limits.
"""
