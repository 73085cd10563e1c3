"""Loading into PostgreSQL: a published target, and a schema of its own."""

from __future__ import annotations

from tests.partners.targets.loading import first_run, load, upserted


class Loading:
    """A target, and a schema of its own in a database."""

    def __init__(self, partner, server, schema, *, database="analytics", **config):
        self.partner, self.server, self.database = partner, server, database
        self.schema = schema
        self.config = config | {
            "host": "127.0.0.1",
            "port": server.port,
            "user": "postgres",
            "password": "postgres",
            "default_target_schema": schema,
            "database": database,
            "dbname": database,  # the name that PipelineWise gives it
        }

    def found(self, stream):
        return self.server.rows(f"{self.schema}.{stream}", database=self.database)

    def load_twice(self, readings, **environment):
        """Load two runs, and compare both streams after each."""
        load(self.partner, self.config, readings.first, **environment)
        first = first_run(readings, self.found)
        load(self.partner, self.config, readings.second, **environment)
        return first, upserted(readings, self.found)
