"""Dry runs: what a run would send, shown and counted, while nothing is sent or written for good.

`parts.py` has what a dry run opens in place of files and connections. `client.py` answers in place
of CleverTap, by `verdicts.py`. `ledger.py` copies the ledger. `preview.py` collects what would be
sent, `refusals.py` what would not. `masking.py` hides values, and `report.py` makes the text.
"""
