"""Partner export files of the emulated project, as CleverTap writes them into a bucket.

settings     what the flags of `export` set
world        the project's history, and the events that only files have
names        names of files and folders
runs         the recurring runs of an export, and the rows of each
rows         users, devices and properties as files have them
json_lines   JSON files of events
truth        what a complete reader of the files finds
writing      files on disk
export       all of it
"""
