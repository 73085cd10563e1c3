"""The input: Singer messages, the streams that a SCHEMA defines, and their records.

Start with `reader.py`, which yields messages. `stream_builder.py` builds a stream from its SCHEMA,
with what `schema_message.py`, `columns.py`, `stream_maps.py` and `stream_mapping.py` find in it.
`record_handler.py` passes each record through stream maps to the delivery.
"""
