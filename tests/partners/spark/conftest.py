"""A cluster of two executors, each a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.partners.spark.java import QUICK_START, java_missing


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    if missing := java_missing():
        pytest.skip(missing)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - it is slow, and needs Java

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("SPARK_WORKER_DIR", str(tmp_path_factory.mktemp("workers")))
        session = (
            SparkSession.builder.master("local-cluster[2,1,1024]")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.memory", "512m")
            .config("spark.executor.memory", "512m")
            .config("spark.driver.defaultJavaOptions", QUICK_START)
            .config("spark.executor.defaultJavaOptions", QUICK_START)
            .config("spark.executorEnv.PYTHONPATH", str(Path(__file__).parents[3]))
            .config("spark.local.dir", str(tmp_path_factory.mktemp("local")))
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.task.maxFailures", "2")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        yield session
        session.stop()
