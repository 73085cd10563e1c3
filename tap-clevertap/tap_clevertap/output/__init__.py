"""What the tap writes besides RECORD messages: batch files, STATE messages, the bad rows file."""
