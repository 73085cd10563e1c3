"""Settings: their JSON schema, and what they mean for a run."""
