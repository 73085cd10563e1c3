"""The command `tap-clevertap`, also as `python -m tap_clevertap`."""

from __future__ import annotations

# What signal is made of, which itself takes some milliseconds to import.
from _signal import SIG_DFL, SIGINT, signal  # type: ignore[import-not-found]


def main() -> None:
    """Run the tap; an interrupt while it is still being imported ends it without a trace."""
    signal(SIGINT, SIG_DFL)  # until the tap has a handler of its own
    from tap_clevertap.log_guard import guard_logs  # noqa: PLC0415 - as it takes time
    from tap_clevertap.tap import TapCleverTap  # noqa: PLC0415 - most of a second

    guard_logs()
    TapCleverTap.cli()


if __name__ == "__main__":
    main()
