"""The built server, as a test starts it, asks it with curl, and ends it."""

import contextlib
import gzip
import importlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(os.environ.get("CHAINRULE", ROOT / ".build/release/chainrule")).resolve()


def package(name):
    """A package of `requirements.txt`; the tests that import it are skipped when it couldn't be installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise unittest.SkipTest(f"{name} isn't there, and the Python package registry couldn't be reached") from error


class Answer:
    """What curl brought back: the status, the headers by lower-case name, the bytes."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """One server process over a data folder, which outlives it until `close`.

    `prepare` is called with the test's folder before the first start, `limits` are of `resource.setrlimit`, and
    `environment` is added to this process's own; a function makes it of the test's folder.
    """

    def __init__(self, *flags, environment=None, limits=None, prepare=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-test-"))
        self.flags = flags
        self.environment = environment
        self.limits = limits or {}
        self.process = None
        self.log = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        try:
            if prepare:
                prepare(self.folder)
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        if self.log:
            self.log.close()
        self.log = open(self.folder / "log", "ab")
        added = self.environment(self.folder) if callable(self.environment) else self.environment or {}

        def limit():
            for kind, most in self.limits.items():
                resource.setrlimit(kind, (most, most))

        self.process = subprocess.Popen(
            self.command(), stderr=self.log, stdout=self.log, env=os.environ | added, preexec_fn=limit)
        for _ in range(200):
            if self.process.poll() is not None:
                raise RuntimeError("the server ended: " + (self.folder / "log").read_text()[-2000:])
            try:
                if self.get("/readyz").status == 200:
                    return
            except RuntimeError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the server isn't ready after ten seconds")

    def command(self):
        return [PROGRAM, "serve", "--port", str(self.port), "--data", self.folder / "data", *self.flags]

    def kill(self):
        """kill -9, as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.log.close()
        return status

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self.log:
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def curl(self, path, *options, data=None):
        """One request, as a user would type it."""
        head = self.folder / f"head-{time.monotonic_ns()}"
        out = subprocess.run(
            ["curl", "-sS", "--max-time", "120", "-D", head, *options, self.url + path],
            input=data, capture_output=True)
        if out.returncode:
            raise RuntimeError(out.stderr.decode())
        lines = head.read_bytes().decode().split("\r\n\r\n")[-2].split("\r\n")
        head.unlink()
        headers = {name.lower(): value for name, value in
                   (line.split(": ", 1) for line in lines[1:] if ": " in line)}
        return Answer(int(lines[0].split()[1]), headers, out.stdout)

    def get(self, path, *options):
        return self.curl(path, *options)

    def post(self, path, body, *options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.curl(path, "-X", "POST", "-H", "Content-Type: application/json",
                         "--data-binary", "@-", *options, data=data)

    def upload(self, query, data):
        return self.curl("/v1/datasets?" + query, "-X", "POST", "-H",
                         "Content-Type: application/octet-stream", "--data-binary", "@-", data=data)

    def rss(self):
        """Resident memory of the process, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def cpu_seconds(self):
        """What the process has computed so far, in seconds."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_rss(self, process):
        """The most resident memory there was while another process ran."""
        peak = self.rss()
        while process.poll() is None:
            peak = max(peak, self.rss())
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        return peak

    def wait_for(self, run, states=("succeeded", "failed", "cancelled"), seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.get(f"/v1/runs/{run}").json
            if answer["state"] in states:
                return answer
            time.sleep(0.05)
        raise RuntimeError(f"the run is still {answer['state']}")


class SmallDiskServer(Server):
    """A server whose data folder is a disk of its own in memory, of so many MiB; only root may mount one."""

    def __init__(self, mebibytes):
        self.mebibytes = mebibytes
        super().__init__()

    def command(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        script = f'mount -t tmpfs -o size={self.mebibytes}m none "$0" && exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, data, *super().command()]

    @property
    def data(self):
        """The data folder: the mount is seen through the process that made it."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{self.folder}/data")

    @contextlib.contextmanager
    def filled(self, room):
        """The disk but for some bytes taken by something else."""
        disk = os.statvfs(self.data)
        ballast = self.data / "ballast"
        ballast.write_bytes(bytes(disk.f_bavail * disk.f_bsize - room))
        yield
        ballast.unlink()


def digits():
    """The rows of the shipped digits: bytes for training and for the test, every fifth in the test."""
    rows = gzip.decompress((ROOT / "examples/data/digits.csv.gz").read_bytes()).splitlines(True)
    train = b"".join(row for i, row in enumerate(rows, 1) if i % 5)
    test = b"".join(row for i, row in enumerate(rows, 1) if not i % 5)
    return train, test


DIGITS = "format=csv&header=false&target_kind=class&shape=1,8,8"


def digits_run(dataset, **training):
    """The shipped example's run over a dataset, with some fields of `training` replaced."""
    body = json.loads((ROOT / "examples/digits-cnn.json").read_text())
    body["dataset"] = dataset
    body["training"].update(training)
    return body
