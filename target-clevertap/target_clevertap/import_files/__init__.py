"""Files that CleverTap imports, in place of requests: `method: files` and `method: sftp`.

Records wait in `spool.py`; `table.py` makes rows of them, and `publication.py` files, which a
`destination.py` takes.
"""
