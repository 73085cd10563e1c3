# Source: tap-clevertap/tap_clevertap/_plugin/plugin_name.py; copies: `make vendor`
"""What this plugin is called: on the command line, in its log, and in what it sends."""

from __future__ import annotations

PACKAGE = __name__.partition(".")[0]
PLUGIN = PACKAGE.replace("_", "-")
"""`tap-clevertap` or `target-clevertap`."""
VARIABLES = f"{PACKAGE.upper()}_"
"""How the environment variables of settings begin."""
