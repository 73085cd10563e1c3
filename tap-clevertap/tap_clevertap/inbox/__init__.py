"""The inbox: what CleverTap pushed, in a SQLite file between the receiver and the stream.

`format.py` and `opening.py` know the file, `store.py` reads it, `writer.py` and `commits.py` write
it; `app.py` and `serving.py` are the receiver. The stream needs no extra, the receiver `receive`.
"""
