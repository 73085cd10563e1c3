"""Partner export files: listed in a store, read in any format, and turned into records.

store     lists and opens files, in a folder or in the cloud
content   what a file is by its first bytes, and its unpacked bytes
formats   rows of one format, without their keys
encoder   lines of records, with keys
bookmark  which files were read, in the state
plan      which files a run reads, in which order; which it only counts
runs      what is odd about the runs that wrote them
reading   all of this for a group of files; it needs nothing of a run
crew      the same by worker processes, in the same order
"""
