"""The Hub's API on this machine, with our definitions: what a plain `meltano add` asks."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

DATA = Path(__file__).parents[2] / "hub" / "_data"
ROOT_PATH = "/meltano/api/v1/plugins"

FOR_PEOPLE = {
    "definition",
    "domain_url",
    "keywords",
    "maintenance_status",
    "next_steps",
    "prereq",
    "quality",
    "settings_preamble",
    "usage",
}
"""Keys that the Hub shows on its pages and leaves out of its API, as of 2026-08-02."""


def answers(address):
    """Return what the Hub makes of our definitions, by path."""
    defaults = yaml.safe_load((DATA / "default_variants.yml").read_text())
    made = {}
    for path in (DATA / "meltano").glob("*/*/*.yml"):
        kind, name = path.parts[-3], path.parent.name
        definition = yaml.safe_load(path.read_text())
        definition["logo_url"] = address + definition["logo_url"]
        definition["docs"] = f"{address}/{kind}/{name}--{path.stem}"
        shown = {key: value for key, value in definition.items() if key not in FOR_PEOPLE}
        entry = {
            "default_variant": defaults[kind][name],
            "logo_url": definition["logo_url"],
            "variants": {path.stem: {"ref": f"{address}{ROOT_PATH}/{kind}/{name}--{path.stem}"}},
        }
        made[f"{ROOT_PATH}/{kind}/{name}--{path.stem}"] = shown
        made.setdefault(f"{ROOT_PATH}/{kind}/index", {})[name] = entry
    return made


class Handler(BaseHTTPRequestHandler):
    """Answers from a table."""

    def do_GET(self):
        found = self.server.answers.get(self.path)
        body = json.dumps(found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def hub_api():
    """Serve the API on a free port; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        server.answers = answers(address)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()
