"""The state: bookmarks by closed days, whose state it is, and the files that contain it."""
