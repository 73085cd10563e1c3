"""The command line: options and the files they name."""
