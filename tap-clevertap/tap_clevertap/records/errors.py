"""The error of one row."""


class BadRowError(ValueError):
    """A row cannot become a record; the text names the fault without the row's values."""
