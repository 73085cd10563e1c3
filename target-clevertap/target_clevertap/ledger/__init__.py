"""The ledger: which events and increments were delivered, so that none is delivered twice."""
