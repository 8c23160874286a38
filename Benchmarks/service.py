"""A server of its own for a measurement, and requests to it."""

import contextlib
import http.client
import json
import subprocess
import tempfile
import time

PORT = 18439


def ask(method, path, body=None, kind="application/json"):
    """The status and the bytes of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    try:
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def call(method, path, body=None, kind="application/json"):
    """The answer's JSON; ends the measurement when it is a problem."""
    status, data = ask(method, path, body, kind)
    if status >= 300:
        raise SystemExit(f"{method} {path}: {status} {data.decode()[:2000]}")
    return json.loads(data) if data else None


@contextlib.contextmanager
def serving(program, folder=None):
    """Starts a server over a folder, an empty one when none is given; gives its process and the folder, and ends it if it hasn't ended."""
    with contextlib.nullcontext(folder) if folder else tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([program, "serve", "--port", str(PORT), "--data", folder], stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    call("GET", "/readyz")
                    break
                except (OSError, SystemExit):
                    time.sleep(0.1)
            yield server, folder
        finally:
            server.terminate()
            server.wait(60)
