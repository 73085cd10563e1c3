"""What a run read, day by day, for a person or a program to check."""
