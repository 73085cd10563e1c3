"""The ledger: what was delivered, so that nothing is delivered twice."""
