"""Words that databases, files and people write for true and false, yes and no, and genders."""

from __future__ import annotations

TRUE_WORDS = frozenset(("true", "t", "yes", "y", "1"))
FALSE_WORDS = frozenset(("false", "f", "no", "n", "0"))
"""In lower case."""

UNSET_WORDS = FALSE_WORDS | {"", "null", "none", "nan", "nat", "<na>"}
"""False, and how databases, CSV files and pandas write null."""

GENDERS = {
    **dict.fromkeys(("m", "male", "man"), "M"),
    **dict.fromkeys(("f", "female", "woman"), "F"),
}
"""What CleverTap takes for a gender, by words in lower case."""

YES_AND_NO = {**dict.fromkeys(TRUE_WORDS, "Y"), **dict.fromkeys(FALSE_WORDS, "N")}
"""What CleverTap takes for Employed and Married, by words in lower case."""
