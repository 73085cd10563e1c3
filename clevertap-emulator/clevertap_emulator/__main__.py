"""Runs the emulator with `python -m clevertap_emulator`."""

from __future__ import annotations

from clevertap_emulator.cli import main

main()
