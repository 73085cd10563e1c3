# Source: tap-clevertap/tap_clevertap/_http/__init__.py; copies: `make vendor`
"""How both plugins reach CleverTap over HTTP: hosts, headers, connections, bodies.

Nothing here imports anything from outside this folder but libraries and `_plugin`.
"""
