"""What leaves the tap: batch files, bad rows and states."""
