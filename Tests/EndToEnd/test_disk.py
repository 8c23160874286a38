"""The disk is full, or takes no writes: requests say so, nothing acknowledged is lost, and with room all goes on."""

import errno
import hashlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from preload import build
from server import DIGITS, PROGRAM, Server, digits, digits_run


def mounted(folder, size):
    """Mounts a disk of so many bytes in memory; whether that is possible here."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        print(f"no disk can be mounted here: {done.stderr.strip()}")
    return done.returncode == 0


def table(chance, rows):
    return b"a,b,y\n" + b"".join(b"%f,%f,%s\n" % (chance.random(), chance.random(), b"xz"[i % 2:i % 2 + 1]) for i in range(rows))


def until(holds, what, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not after {seconds} s: {what}"
        time.sleep(0.05)


class SmallDiskTest(unittest.TestCase):
    SIZE = 64 << 20
    # What the test leaves free at first.
    ROOM = 8 << 20

    def setUp(self):
        def prepare(folder):
            if not mounted(folder / "data", self.SIZE):
                raise unittest.SkipTest("no disk can be mounted here")
            self.addCleanup(subprocess.run, ["umount", "-l", folder / "data"], check=True)

        self.server = Server("--workers", "2", prepare=prepare)
        # Before the disk is unmounted.
        self.addCleanup(lambda: self.server.process.poll() is None and self.server.kill())
        self.addCleanup(self.server.close)

    def free(self):
        disk = os.statvfs(self.server.folder / "data")
        return disk.f_bavail * disk.f_frsize

    def test_a_full_disk_loses_nothing_and_room_is_all_it_takes(self):
        server, chance = self.server, random.Random(7)
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        kept = {}
        runs = [server.post("/v1/runs", digits_run(dataset, epochs=40, checkpoint={"every_steps": 50, "keep": 2})).json["id"]]
        filler = server.folder / "data/filler"
        filler.write_bytes(bytes(self.free() - self.ROOM))
        refused = 0
        for rows in (20_000, 5_000, 500, 5):
            for _ in range(40):
                data = table(chance, rows)
                answer = server.upload("format=csv&target=y", data)
                if answer.status != 201:
                    self.assertEqual(answer.status, 507, answer.body)
                    refused += 1
                    break
                kept[answer.json["id"]] = hashlib.sha256(data).hexdigest()
        self.assertGreater(refused, 0)
        self.assertGreater(len(kept), 3)
        for _ in range(40):
            body = digits_run(dataset, steps=1)
            del body["training"]["epochs"]
            body["model"]["layers"][-1:-1] = [{"type": "activation", "activation": "relu"}] * 300
            answer = server.post("/v1/runs", body)
            if answer.status != 202:
                break
            runs.append(answer.json["id"])
        self.assertEqual(answer.status, 507, answer.body)
        self.assertIn(b"full", answer.body)

        def check():
            for one, digest in kept.items():
                content = server.get(f"/v1/datasets/{one}/content")
                self.assertEqual((content.status, hashlib.sha256(content.body).hexdigest()), (200, digest))
            for run in runs:
                self.assertEqual(server.get(f"/v1/runs/{run}").status, 200)

        check()
        # It can also be killed and started on a full disk, or says why it can't.
        server.kill()
        try:
            server.start()
            check()
        except RuntimeError as error:
            self.assertRegex(str(error), "full|space")
        if server.process.poll() is None:
            server.kill()
        filler.unlink()
        server.start()
        check()
        answer = server.upload("format=csv&target=y", table(chance, 5_000))
        self.assertEqual(answer.status, 201, answer.body)
        for run in runs:
            shown = server.wait_for(run)
            self.assertEqual(shown["state"], "succeeded", shown["error"])
        self.assertEqual(server.stop(), 0)
        with sqlite3.connect(server.folder / "data/chainrule.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


class ReserveTest(unittest.TestCase):
    def test_a_full_disk_takes_what_makes_room(self):
        def prepare(folder):
            if not mounted(folder / "data", 160 << 20):
                raise unittest.SkipTest("no disk can be mounted here")
            self.addCleanup(subprocess.run, ["umount", "-l", folder / "data"], check=True)

        server = Server("--workers", "1", prepare=prepare)
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        self.addCleanup(server.close)
        data = server.folder / "data"
        reserve = data / "reserve"
        until(lambda: reserve.exists() and reserve.stat().st_blocks * 512 >= 16 << 20, "room is set aside")
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        large = server.upload("format=csv&target=y", table(random.Random(3), 150_000)).json["id"]
        runs = [server.post("/v1/runs", digits_run(dataset, epochs=2)).json["id"] for _ in range(2)]
        for run in runs:
            self.assertEqual(server.wait_for(run)["state"], "succeeded")
        endless = server.post("/v1/runs", digits_run(dataset, epochs=100_000)).json["id"]
        server.wait_for(endless, states=("running",))
        waiting = server.post("/v1/runs", digits_run(dataset, epochs=100_000)).json["id"]

        def free():
            disk = os.statvfs(data)
            return disk.f_bavail * disk.f_frsize

        def fill():
            with open(data / "filler", "ab", buffering=0) as filler:
                try:
                    while free():
                        filler.write(bytes(min(free(), 1 << 20)))
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)
            # Until the store itself has no more room in files that it has already.
            for number in range(20_000):
                model = {"name": f"m{number}", "input": {"shape": [2]}, "layers": [{"type": "dense", "units": 1}] * 50}
                if server.post("/v1/models", model).status != 201:
                    return
            self.fail("the store never gets full")

        fill()
        self.assertEqual(server.upload("format=csv&target=y", table(random.Random(1), 50_000)).status, 507)
        self.assertEqual(server.post(f"/v1/runs/{waiting}:cancel", b"").status, 200)
        self.assertFalse(reserve.exists(), "a cancellation is noted in the room set aside")
        # Whether it trains still, or the full disk ended its attempt and it waits for the next.
        self.assertEqual(server.post(f"/v1/runs/{endless}:cancel", b"").status, 200)

        def stored():
            return sum(file.stat().st_blocks * 512 for file in (data / "datasets").rglob("*"))

        before = stored()
        self.assertEqual(server.curl(f"/v1/datasets/{large}", "-X", "DELETE").status, 204)
        # The cancelled run may write its end meanwhile, so that what is free tells less.
        self.assertLess(stored(), before - (1 << 20))

        (data / "filler").unlink()
        # What looks for rows to remove looks for room, too.
        self.assertEqual(server.curl(f"/v1/runs/{runs[0]}", "-X", "DELETE").status, 204)
        until(lambda: reserve.exists() and reserve.stat().st_blocks * 512 >= 16 << 20, "room is set aside again")
        fill()
        server.kill()
        server.start()
        # The start may have needed the room.
        if reserve.exists():
            fill()
        self.assertEqual(server.curl(f"/v1/runs/{runs[1]}", "-X", "DELETE").status, 204)
        self.assertFalse(reserve.exists(), "a start or a deletion takes the room set aside")
        (data / "filler").unlink()
        self.assertEqual(server.wait_for(endless)["state"], "cancelled")
        self.assertEqual(server.stop(), 0)
        with sqlite3.connect(data / "chainrule.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


class ReadOnlyDiskTest(unittest.TestCase):
    def start(self, folder):
        return subprocess.run(
            [PROGRAM, "serve", "--port", "0", "--data", folder], capture_output=True, text=True, timeout=60)

    def test_a_disk_without_writes_at_the_start_is_named(self):
        with tempfile.TemporaryDirectory() as place:
            data = pathlib.Path(place) / "data"
            if not mounted(data, 4 << 20):
                self.skipTest("no disk can be mounted here")
            self.addCleanup(subprocess.run, ["umount", "-l", data], capture_output=True)
            server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--data", data], stderr=subprocess.PIPE, text=True)
            self.assertIn("listening", server.stderr.readline())
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
            before = sorted(path.name for path in data.rglob("*"))
            for folder in (data, data / "new"):
                subprocess.run(["mount", "-o", "remount,ro", data], check=True)
                refusal = self.start(folder)
                self.assertEqual(refusal.returncode, 1, refusal.stderr)
                self.assertIn("Read-only file system", refusal.stderr)
                self.assertIn(str(folder), refusal.stderr)
            self.assertEqual(sorted(path.name for path in data.rglob("*")), before)
            subprocess.run(["umount", data], check=True)

    def test_a_folder_that_may_not_be_written_is_named(self):
        with tempfile.TemporaryDirectory() as place:
            file = pathlib.Path(place) / "file"
            file.touch()
            refusal = self.start(file / "data")
            self.assertEqual(refusal.returncode, 1, refusal.stderr)
            self.assertIn("Not a directory", refusal.stderr)
            self.assertIn(str(file), refusal.stderr)
            if os.geteuid():
                os.chmod(place, 0o500)
                refusal = self.start(pathlib.Path(place) / "data")
                self.assertEqual(refusal.returncode, 1, refusal.stderr)
                self.assertIn("Permission denied", refusal.stderr)
                os.chmod(place, 0o700)

    def test_a_disk_that_turns_read_only_is_read_on(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        library = build("faults", place.name)
        (pathlib.Path(place.name) / "counter").write_bytes(bytes(8))
        switch = pathlib.Path(place.name) / "read-only"
        server = Server("--workers", "1", environment=lambda folder: {
            "LD_PRELOAD": str(library), "FAULT_COUNTER": place.name + "/counter", "FAULT_FOLDER": str(folder / "data"),
            "FAULT_WHILE": str(switch), "FAULT_ERRNO": str(errno.EROFS)})
        self.addCleanup(server.close)
        data = digits()[0]
        dataset = server.upload(DIGITS, data).json["id"]
        straight = server.post("/v1/runs", digits_run(dataset, epochs=30)).json["id"]
        self.assertEqual(server.wait_for(straight)["state"], "succeeded")
        run = server.post("/v1/runs", digits_run(dataset, epochs=30)).json["id"]
        until(lambda: server.get(f"/v1/runs/{run}").json["progress"]["step"] > 0, "the run begins")

        switch.touch()
        refused = [
            server.post("/v1/runs", digits_run(dataset, epochs=1)),
            server.upload("format=csv&target=y", table(random.Random(1), 20)),
            server.post("/v1/models", digits_run(dataset)["model"]),
            server.post("/v1/backups", b""),
            server.curl(f"/v1/runs/{straight}", "-X", "DELETE"),
        ]
        for answer in refused:
            self.assertEqual(answer.status, 503, answer.body)
            self.assertIn("Read-only file system", answer.json["detail"])
            self.assertEqual(answer.headers["content-type"], "application/problem+json")
        until(lambda: server.get("/readyz").status == 503, "it isn't ready")
        self.assertIn("Read-only file system", server.get("/readyz").json["detail"])
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.get(f"/v1/datasets/{dataset}/content").body, data)
        weights = server.get(f"/v1/runs/{straight}/weights").body
        self.assertIn(server.get(f"/v1/runs/{run}").json["state"], ("running", "queued"))
        self.assertIsNone(server.process.poll())

        switch.unlink()
        until(lambda: server.get("/readyz").status == 200, "it is ready again")
        shown = server.wait_for(run)
        self.assertEqual(shown["state"], "succeeded", shown["error"])
        self.assertEqual(server.get(f"/v1/runs/{run}/weights").body, weights)
        self.assertEqual(server.curl(f"/v1/runs/{straight}", "-X", "DELETE").status, 204)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
