# Source: tap-clevertap/tap_clevertap/_http/__init__.py; copies: `make vendor`
"""HTTP to CleverTap: hosts, proxies, headers, connections and bodies.

Both plugins have the same files. They import only libraries and `_plugin`.
"""
