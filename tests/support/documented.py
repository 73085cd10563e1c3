"""The former name of `tests.support.pages`."""

from tests.support.pages import README, block, documented, lines_of, section

__all__ = ["MOST_LINES", "README", "block", "documented", "lines_of", "section"]
MOST_LINES = 10
