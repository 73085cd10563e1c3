"""The command line: the files that its options name."""
