#!/usr/bin/env bash
# Behaviour: when a server behind a proxy's tunnel takes a request and closes without an answer,
#   requests raises ProxyError, "Unable to connect to proxy". The tunnel was open, and the server has the
#   request. Without a proxy the same is a ConnectionError, "Connection aborted". A client that
#   takes ProxyError for "not sent" sends an order twice. Look at `original_error` inside it.
# Version: urllib3 2.8.0 (requests 2.34.2, trustme 1.2.1)
# Source: urllib3/connectionpool.py: HTTPConnectionPool.urlopen, which asks has_connected_to_proxy of a
#   connection that is closed by then
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check urllib3==2.8.0 requests==2.34.2 trustme==1.2.1

seen=$(venv/bin/python - <<'PYTHON'
import socket
import ssl
import threading
import requests
import trustme

authority = trustme.CA()
authority.cert_pem.write_to_path("ca.pem")
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
authority.issue_cert("127.0.0.1").configure_cert(context)
received = []

def take(server):
    while True:
        connection = context.wrap_socket(server.accept()[0], server_side=True)
        data = b""
        while b"one order" not in data:
            data += connection.recv(65536)
        received.append(data.split(b"\r\n")[0].decode())
        connection.close()

def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def tunnel(server):
    while True:
        client = server.accept()[0]
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        behind = socket.create_connection(("127.0.0.1", int(head.split()[1].decode().rsplit(":", 1)[1])))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for ends in ((client, behind), (behind, client)):
            threading.Thread(target=pass_on, args=ends, daemon=True).start()

def listen(answer):
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=answer, args=(server,), daemon=True).start()
    return server.getsockname()[1]

port, proxy = listen(take), listen(tunnel)
session = requests.Session()
session.trust_env = False
for name, proxies in {"without a proxy": {}, "through a proxy": {"https": f"http://127.0.0.1:{proxy}"}}.items():
    received.clear()
    try:
        session.post(f"https://127.0.0.1:{port}/orders", data="one order", proxies=proxies, verify="ca.pem", timeout=10)
    except requests.ConnectionError as error:
        said = repr(getattr(error.args[0], "reason", error.args[0]))
        print(f"{name}: {type(error).__name__}: {said}; the server received {received}")
PYTHON
)

venv/bin/pip show urllib3 requests | grep '^Version'
echo "$seen"
if [[ $seen == "without a proxy: ConnectionError: "*"['POST /orders HTTP/1.1']"*"through a proxy: ProxyError: "*"Unable to connect to proxy"*"['POST /orders HTTP/1.1']" ]]; then
  echo "as described"
else
  echo "changed: the proxy is not blamed"
  exit 1
fi
