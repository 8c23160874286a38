"""The machine's clock is set while the server runs: what takes a while takes as long as before."""

import json
import struct
import subprocess
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone

from preload import build
from server import DIGITS, Server, digits, digits_run

HOUR, DAY = 3600, 86_400


class ClockTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        libraries = [str(build(name, folder.name)) for name in ("clock", "faults")]

        def prepare(folder):
            self.folder = folder
            self.set(0)
            (folder / "counter").write_bytes(bytes(8))

        self.server = Server("--workers", "1", prepare=prepare, environment=lambda folder: {
            "LD_PRELOAD": ":".join(libraries), "CLOCK_OFFSET": str(folder / "clock"), "FAULT_FOLDER": str(folder / "data"),
            "FAULT_COUNTER": str(folder / "counter"), "FAULT_WHILE": str(folder / "full"), "FAULT_ERRNO": "28"})
        self.addCleanup(self.server.close)
        self.dataset = self.server.upload(DIGITS, digits()[0]).json["id"]

    def set(self, seconds):
        """Sets the server's clock to so many seconds after the true time."""
        with open(self.folder / "clock", "r+b" if (self.folder / "clock").exists() else "wb") as file:
            file.write(struct.pack("<q", seconds))
        self.offset = seconds

    def submit(self, *options, **fields):
        answer = self.server.post("/v1/runs", digits_run(self.dataset, epochs=10_000) | fields, *options)
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json["id"]

    def run_of(self, run):
        return self.server.get(f"/v1/runs/{run}").json

    def clock(self, seconds):
        """What the server's clock says in so many seconds."""
        return (datetime.now(timezone.utc) + timedelta(seconds=self.offset + seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def until(self, holds, seconds=60):
        end = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), end, "it takes too long")
            time.sleep(0.05)

    def steps(self, run):
        return self.run_of(run)["progress"]["step"]

    def watch(self, run, name):
        path = self.folder / name
        with open(path, "wb") as file:
            stream = subprocess.Popen(["curl", "-sSN", f"{self.server.url}/v1/runs/{run}/events"], stdout=file)
        self.addCleanup(stream.wait)
        self.addCleanup(stream.kill)
        return path

    def test_a_clock_that_is_set_lengthens_and_ends_nothing(self):
        began = time.monotonic()
        run = self.submit("-H", "Idempotency-Key: one")
        self.server.wait_for(run, states=("running",))
        waiting = self.submit()
        late = self.submit(deadline=self.clock(HOUR / 2))
        later = self.submit(deadline=self.clock(2 * HOUR))
        told, silent = self.watch(run, "told"), self.watch(waiting, "silent")
        self.until(lambda: self.steps(run) > 0 and silent.stat().st_size > 0)
        body = b"a,b,y\n" + b"1,2,x\n3,4,z\n" * 50
        with subprocess.Popen(
                ["curl", "-sS", "-X", "POST", "-T", "-", f"{self.server.url}/v1/datasets?format=csv&target=y"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as upload:
            upload.stdin.write(body[:60])
            upload.stdin.flush()
            self.until(lambda: any(file.stat().st_size for file in self.folder.glob("data/uploads/*/content")))
            for jump in (HOUR, -DAY):
                self.set(jump)
                step, size = self.steps(run), told.stat().st_size
                # Whoever looks after connections and the queue does so every second.
                time.sleep(2.2)
                self.until(lambda: self.steps(run) > step and told.stat().st_size > size)
                self.assertEqual(self.submit("-H", "Idempotency-Key: one"), run)
                if jump == HOUR:
                    self.assertEqual(self.run_of(late)["state_reason"], "time_limit")
                    self.assertEqual(self.run_of(later)["state"], "queued")
            upload.stdin.write(body[60:])
            upload.stdin.close()
            self.assertIn("id", json.loads(upload.stdout.read()))
        # One that came by the clock before those that wait is behind them all the same.
        last = self.submit()
        self.assertGreater(last, later)
        self.assertEqual([self.run_of(one)["queue_position"] for one in (waiting, later, last)], [1, 2, 3])
        size = silent.stat().st_size
        self.until(lambda: silent.stat().st_size > size)

        self.assertEqual(self.server.post(f"/v1/runs/{run}:stop", b"").status, 200)
        shown = self.server.wait_for(run)
        self.assertEqual(shown["state"], "succeeded")
        self.assertLess(0, shown["progress"]["elapsed_seconds"])
        self.assertLessEqual(shown["progress"]["elapsed_seconds"], time.monotonic() - began)
        points = self.server.get(f"/v1/runs/{run}/metrics?names=train_loss&max_points=10000").json["series"][0]["points"]
        seconds = [point[2] for point in points]
        self.assertEqual(seconds, sorted(seconds))
        self.assertLess(seconds[-1], time.monotonic() - began)

        # Also the ids of a server that starts with its clock set back.
        self.server.kill()
        self.server.start()
        self.assertGreater(self.submit(), last)
        self.assertEqual(self.submit("-H", "Idempotency-Key: one"), run)
        self.assertEqual(self.server.stop(), 0)

    def test_a_run_that_is_to_be_tried_again_is_not_a_day_later(self):
        run = self.submit()
        self.until(lambda: self.steps(run) > 0)
        full = self.folder / "full"
        full.touch()
        self.until(lambda: "disk is full" in (self.folder / "log").read_text())
        full.unlink()
        self.until(lambda: self.run_of(run)["state"] == "queued")
        self.set(-DAY)
        self.server.kill()
        self.server.start()
        self.server.wait_for(run, states=("running",), seconds=60)


if __name__ == "__main__":
    unittest.main()
