"""Records become CleverTap records: pure, without files or network."""
