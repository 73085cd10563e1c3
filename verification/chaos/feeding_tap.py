"""A Singer tap as small as one can be: it sends the records of `target_truth`, not too fast."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from verification.chaos.target_truth import Sent

AT_ONCE = 64 << 10
PAUSE_SECONDS = 0.1


def main() -> None:
    """Send what comes after the state that is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--config")
    parser.add_argument("--state")
    given = parser.parse_args()
    state = json.loads(Path(given.state).read_text()) if given.state else {}
    feed = Sent(given.records).since(state.get("done", 0))
    for start in range(0, len(feed), AT_ONCE):
        sys.stdout.buffer.write(feed[start : start + AT_ONCE])
        sys.stdout.buffer.flush()
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
