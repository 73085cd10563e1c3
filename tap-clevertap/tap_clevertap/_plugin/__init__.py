# Source: tap-clevertap/tap_clevertap/_plugin/__init__.py; copies: `make vendor`
"""What both plugins need as programs: settings, options, messages, signals.

Nothing here imports anything from outside this folder but libraries.
"""
