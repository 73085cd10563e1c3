"""Lets `python -m tap_clevertap` run the tap."""

from tap_clevertap.tap import TapCleverTap

TapCleverTap.cli()
