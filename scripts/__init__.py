"""Programs that write files of the repository, and the builder of its site."""
