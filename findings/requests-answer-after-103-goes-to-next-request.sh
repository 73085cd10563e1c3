#!/usr/bin/env bash
# Behaviour: HTTP allows any number of interim answers (1xx) before the final one. http.client passes
#   over 100 alone, and takes "103 Early Hints" for the final answer, without a body. requests keeps
#   the connection, so the next request on it gets the final answer of the one before: /b returns
#   the content of /a with status 200. Each Session and urllib3 pool does so. Take a response of
#   status 1xx for a failure, and close its connection.
# Version: requests 2.34.2 with urllib3 2.8.0, on Python 3.11
# Source: http/client.py: HTTPResponse.begin, which skips CONTINUE alone; RFC 9110, section 15.2
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check requests==2.34.2 urllib3==2.8.0

seen=$(venv/bin/python - <<'PYTHON'
import socket
import threading
import requests

def serve(connection):
    """Answer on one connection in order; the first final answer comes when more was asked."""
    lines = connection.makefile("rb")
    answers = []
    while line := lines.readline():
        path = line.split()[1].decode()
        while lines.readline() not in (b"\r\n", b""):
            pass
        body = f"content of {path}".encode()
        answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        if path == "/a":
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
            continue
        for answer in answers:
            connection.sendall(answer)
        answers.clear()

def accept(server):
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, args=(server,), daemon=True).start()
with requests.Session() as session:
    session.trust_env = False
    for path in ("/a", "/b"):
        answer = session.get(f"http://127.0.0.1:{server.getsockname()[1]}{path}", timeout=10)
        print(f"asked {path}: status {answer.status_code}, {answer.text!r}")
PYTHON
)

venv/bin/pip show requests urllib3 | grep '^Version'
echo "$seen"
if [[ $seen == *"asked /b: status 200, 'content of /a'"* ]]; then
  echo "as described"
else
  echo "changed: the interim answer is passed over, or the connection is not used again"
  exit 1
fi
