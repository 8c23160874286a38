"""A deleted run is gone once that was answered, whatever happens then; and a server keeps no more than it was told to."""

import sqlite3
import subprocess
import time
import unittest

from server import DIGITS, PROGRAM, Server, digits, digits_run


class RemovalTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        train, _ = digits()
        self.dataset = self.server.upload(DIGITS, train).json["id"]

    def finished(self, **more):
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1) | more).json["id"]
        self.assertEqual(self.server.wait_for(run)["state"], "succeeded")
        return run

    def database(self):
        return sqlite3.connect(self.server.folder / "data/chainrule.sqlite")

    def metric(self, name):
        lines = self.server.get("/metrics").body.decode().splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(name + " ")))

    def wait_until_swept(self):
        end = time.monotonic() + 120
        while self.metric("chainrule_runs_being_removed"):
            self.assertLess(time.monotonic(), end, "rows of a deleted run stay")
            time.sleep(0.1)

    def doctor(self):
        done = subprocess.run([PROGRAM, "doctor", "--data", self.server.folder / "data"], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.decode()

    def test_a_long_run_that_is_deleted_stays_so_through_kill_9(self):
        long, other = self.finished(), self.finished()
        weights = self.server.get(f"/v1/runs/{other}/weights").body
        self.server.stop()
        with self.database() as database:
            number, = database.execute("SELECT number FROM run WHERE id = ?", [long]).fetchone()
            database.executemany("INSERT INTO point VALUES (?, 'made_up', ?, 0.5, 0.25)",
                                 ((number, step) for step in range(500_000)))
        database.close()
        self.server.start()
        self.assertEqual(self.server.curl(f"/v1/runs/{long}", "-X", "DELETE").status, 204)
        self.server.kill()

        database = self.database()
        left, = database.execute("SELECT count(*) FROM point WHERE series = 'made_up'").fetchone()
        database.close()
        print(f"{left} rows were left")
        self.doctor()
        self.server.start()
        self.assertEqual(self.server.get(f"/v1/runs/{long}").status, 404)
        self.assertEqual([run["id"] for run in self.server.get("/v1/runs").json["data"]], [other])
        self.wait_until_swept()
        self.assertEqual(self.server.get(f"/v1/runs/{other}/weights").body, weights)
        self.assertEqual(self.server.get(f"/v1/runs/{long}").status, 404)
        self.assertEqual(self.server.stop(), 0)
        with self.database() as database:
            for table in ("run", "event", "checkpoint"):
                key = "number" if table == "run" else "run"
                owners = database.execute(f"SELECT DISTINCT {key} FROM {table}").fetchall()
                self.assertEqual(len(owners), 1, table)
            self.assertEqual(database.execute("SELECT count(*) FROM point WHERE series = 'made_up'").fetchone(), (0,))
        database.close()
        self.assertIn("healthy", self.doctor())

    def test_old_runs_go_but_for_those_with_the_tag_keep(self):
        old, kept = self.finished(), self.finished(tags={"keep": "for the report"})
        self.server.stop()
        with self.database() as database:
            database.execute("UPDATE run SET finished_at = finished_at - 3 * 86400000")
        database.close()
        self.server.flags = ("--keep-runs-days", "2", "--keep-events-days", "1")
        self.server.start()
        young = self.finished()
        end = time.monotonic() + 120
        while self.server.get(f"/v1/runs/{old}").status != 404:
            self.assertLess(time.monotonic(), end, "an old run stays")
            time.sleep(0.1)
        self.wait_until_swept()
        self.assertEqual([run["id"] for run in self.server.get("/v1/runs").json["data"]], [young, kept])
        self.assertEqual(self.metric('chainrule_retention_runs_total{rule="age"}'), 1)
        self.assertIn(f"run {old} is removed by the rule on age", (self.server.folder / "log").read_text())
        self.assertEqual(self.server.stop(), 0)
        self.assertIn("healthy", self.doctor())


if __name__ == "__main__":
    unittest.main()
