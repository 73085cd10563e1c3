"""`tap-clevertap check`: what keeps a run from reading all, and what to do, in a few requests.

`project.py` asks the questions in order, `probe.py` sends their requests, `regions.py` asks other
regions, and `sampling.py` chooses the events to export. `connection.py`, `credentials.py`,
`counting.py`, `query.py`, `zone.py` and `obstacles.py` turn outcomes into findings. `clock.py`
compares the newest events with the present.
"""
