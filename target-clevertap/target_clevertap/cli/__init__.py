"""The command line: options, how errors are reported, and the command `ledger backup`."""
