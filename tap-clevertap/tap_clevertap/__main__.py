"""The command `tap-clevertap`, also as `python -m tap_clevertap`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the tap; an interrupt while it is still being imported ends it without a trace."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the tap has a handler of its own
    from tap_clevertap.tap import TapCleverTap  # noqa: PLC0415 - most of a second

    TapCleverTap.cli()


if __name__ == "__main__":
    main()
