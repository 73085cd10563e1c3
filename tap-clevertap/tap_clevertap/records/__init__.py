"""Rows become records: pure, without files or network."""
