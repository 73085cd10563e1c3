"""How far a run is: a moving line on a terminal, else a line of the log now and then."""
