"""Run the target with `python -m target_clevertap`."""

from target_clevertap.target import TargetCleverTap

TargetCleverTap.cli()
