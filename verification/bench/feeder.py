"""Writes so many orders to standard output, for a run that is too long for a file of them."""

from __future__ import annotations

import sys

from verification.bench.target_runs import order, order_schema, spread

PART = 1000


def main() -> None:
    """Write them in parts."""
    count = int(sys.argv[1])
    sys.stdout.write(order_schema())
    for first in range(0, count, PART):
        numbers = range(first, min(first + PART, count))
        sys.stdout.write("".join([order(number, spread(number)) for number in numbers]))


if __name__ == "__main__":
    main()
