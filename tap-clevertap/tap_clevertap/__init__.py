"""A Singer tap for CleverTap: every event and profile, day by day.

The package is a program: only `spark` is a public API. Its folders follow the data: `streams/`
plan and write, `exports/` read pages with `api/` and `_http/`, `records/` make records of rows, and
`state/` and `output/` keep what was read. `config/` and `cli/` read the settings.
"""
