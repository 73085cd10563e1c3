"""One reader for each format of file; each gives the rows of `tap_clevertap.files.rows`."""
