# Source: tap-clevertap/tap_clevertap/_plugin/__init__.py; copies: `make vendor`
"""What both plugins need as programs: settings, options, messages and signals.

Both plugins have the same files. They import only libraries.
"""
