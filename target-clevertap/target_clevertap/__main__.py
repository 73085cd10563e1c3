"""The command `target-clevertap`, also as `python -m target_clevertap`."""

from __future__ import annotations

# What signal is made of, which itself takes some milliseconds to import.
from _signal import SIG_DFL, SIGINT, signal  # type: ignore[import-not-found]


def main() -> None:
    """Run the target; an interrupt while it is still being imported ends it without a trace."""
    signal(SIGINT, SIG_DFL)  # until the target has a handler of its own
    from target_clevertap.log_guard import guard_logs  # noqa: PLC0415 - as it takes time
    from target_clevertap.target import TargetCleverTap  # noqa: PLC0415 - most of a second

    guard_logs()
    TargetCleverTap.cli()


if __name__ == "__main__":
    main()
