"""The command `target-clevertap`, also as `python -m target_clevertap`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the target; an interrupt while it is still being imported ends it without a trace."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the target has a handler of its own
    from target_clevertap.target import TargetCleverTap  # noqa: PLC0415 - most of a second

    TargetCleverTap.cli()


if __name__ == "__main__":
    main()
