"""CleverTap's own daily totals: asked for, compared with what was read, kept in the state.

`question.py` asks for one number, `tasks.py` for the totals of an event. `totals.py` reads and
packs them, `windows.py` plans the days to read from them, and `verification.py` compares them with
the rows that were read. `recounting.py` and `second_counts.py` ask again where they differ.
`gap_days.py` has the days that later runs read again, `users.py` counts users where none came.
"""
