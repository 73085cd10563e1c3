"""Tests of the three packages, and what they share; imported from the root of the repository."""
