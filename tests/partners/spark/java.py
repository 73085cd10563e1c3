"""Whether there is a Java for Spark, and how it starts quickly."""

from __future__ import annotations

import os
import shutil
import subprocess

NEEDED = "no Java is installed: apt-get install openjdk-17-jre-headless"
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def java_missing() -> str:
    """Return why Spark cannot start; empty if it can."""
    home = os.environ.get("JAVA_HOME")  # Spark looks there first
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        return NEEDED
    run = subprocess.run([java, "-version"], capture_output=True, check=False, timeout=60)
    return "" if run.returncode == 0 else NEEDED
