"""The readers that are fuzzed, one in each module, as `READER`."""
