"""The pictures of the documents, drawn from their data: `make reference` runs it."""
