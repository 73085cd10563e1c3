"""Requests that one response answers: a profile, a list, a report."""
