# Source: tap-clevertap/tap_clevertap/_plugin/plugin_name.py; copies: `make vendor`
"""The names of this plugin: on the command line, in its log and in requests."""

from __future__ import annotations

PACKAGE = __name__.partition(".")[0]
PLUGIN = PACKAGE.replace("_", "-")
"""`tap-clevertap` or `target-clevertap`."""
VARIABLES = f"{PACKAGE.upper()}_"
"""The prefix of environment variables with settings."""
