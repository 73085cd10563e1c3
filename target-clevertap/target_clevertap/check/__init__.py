"""`target-clevertap check`: what keeps a run from delivering, and what to do; it changes nothing.

`account.py` asks CleverTap by uploads that it only checks, which `probe.py` sends. `files.py` looks
at the files that a run writes, and `ledger.py` into the ledger. `sftp.py` connects to the server
that files are uploaded to. `taking_over.py` tells whether a run would send nothing.
"""
