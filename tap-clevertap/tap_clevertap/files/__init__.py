"""Partner export files: listed in a store, read in any format, and turned into records.

store     lists and opens files, in a folder or in the cloud
content   what a file is by its first bytes, and its unpacked bytes
formats   rows of one format, without their keys
encoder   lines of records, with keys
plan      which files a run reads, from the state and the listing
"""
