"""How exports are read: planned in windows, several at a time, buffered in a spool.

`planner.py` decides the windows (`windows.py`: days), `export.py` is one export as a state machine,
`reader.py` runs several in threads, and `spool.py` buffers their pages for the main thread.
"""
