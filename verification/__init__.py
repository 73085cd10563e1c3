"""Long runs that are not part of `make test`: see README.md in this folder."""
