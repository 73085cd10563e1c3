"""A rule to paste for a stream that has none."""
