"""The setting `query`: a fragment of CleverTap's query language (CQL), checked before it is sent.

Pure: nothing here does I/O.
"""
