"""Delivery: lanes and batches, uploads, what became of a batch, and when a state is true."""
