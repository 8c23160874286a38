"""A few lines over the HTTP API, with nothing but Python's standard library; the examples share them."""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
import uuid


class Client:
    """The API at an address such as http://127.0.0.1:8080."""

    def __init__(self, url, key=None):
        self.url, self.key = url.rstrip("/"), key

    def call(self, method, path, body=None, content_type="application/json"):
        """Sends a request; answers the JSON of the response. A problem ends the program with its text."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, body, method=method)
        if body is not None:
            request.add_header("Content-Type", content_type)
        if self.key:
            request.add_header("Authorization", "Bearer " + self.key)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code}\n{error.read().decode(errors='replace')}")
        except urllib.error.URLError as error:
            sys.exit(f"{self.url}: {error.reason}; is the server running?")

    def open(self, path, accept="*/*"):
        """An answer to read as it comes; close it, or use it in a `with`."""
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        if self.key:
            request.add_header("Authorization", "Bearer " + self.key)
        return urllib.request.urlopen(request)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body):
        return self.call("POST", path, body)

    def upload(self, query, parts):
        """Makes a dataset of files by the name of their part, or of one file, and answers it.

        `query` is that of POST /v1/datasets; `parts` a dictionary of bytes, or bytes alone.
        """
        if isinstance(parts, bytes):
            return self.call("POST", "/v1/datasets?" + query, parts, "application/octet-stream")
        boundary = uuid.uuid4().hex
        body = b""
        for name, content in parts.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.call("POST", "/v1/datasets?" + query, body, "multipart/form-data; boundary=" + boundary)

    def train(self, run):
        """Queues a run, shows its progress on standard error, and answers it once it has ended well."""
        run = self.post("/v1/runs", run)
        while run["state"] in ("queued", "running", "paused"):
            time.sleep(0.5)
            run = self.get("/v1/runs/" + run["id"])
            if sys.stderr.isatty():
                progress = run.get("progress") or {}
                step, total = progress.get("step", 0), progress.get("total_steps")
                end = "\n" if run["state"] == "succeeded" else ""
                print(f"\r{run['id']}  {run['state']}  step {step} of {total}   ", end=end, file=sys.stderr)
        if run["state"] != "succeeded":
            sys.exit(f"the run ended as {run['state']}: {json.dumps(run.get('error'), indent=1)}")
        return run


def choose(parser, names, known):
    """The names that were given; one that isn't known ends the program with a line of help."""
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(known)}")
    return names


def arguments(description, data):
    """The command line that the examples have: where the data is, and where the server is."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", help=data)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the server (default: %(default)s)")
    parser.add_argument("--key", help="an API key, if the server asks for one")
    parser.add_argument("--threads", type=int, default=1, help="threads of each run (default: 1)")
    return parser
