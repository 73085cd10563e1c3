"""Delivery: lanes, uploads, and when a state is true."""
