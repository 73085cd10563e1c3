"""The presets: one YAML file for each, which `rules/presets.py` reads."""
