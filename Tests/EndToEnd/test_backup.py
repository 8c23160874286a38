"""A backup taken under load goes on as the server would have; doctor tells what is wrong with a folder."""

import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time
import unittest

from server import DIGITS, PROGRAM, Server, SmallDiskServer, digits, digits_run


def chainrule(*arguments):
    """A sub-command: its exit status, what it printed, what it complained of."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.data = self.server.folder / "data"
        train, _ = digits()
        self.dataset = self.server.upload(DIGITS, train).json["id"]

    def wait_for_steps(self, run):
        """Until a run has recorded steps, and goes on."""
        self.server.wait_for(run, states=("running",))
        while self.server.get(f"/v1/runs/{run}").json["progress"]["step"] < 50:
            time.sleep(0.02)

    def losses(self, server, run):
        answer = server.get(f"/v1/runs/{run}/metrics?names=train_loss&max_points=10000").json
        return [value for _, value, _ in answer["series"][0]["points"]]

    def test_a_run_goes_on_from_a_restored_backup_in_the_same_bits(self):
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=150)).json["id"]
        self.wait_for_steps(run)
        backup = self.server.folder / "backup"
        status, out, err = chainrule("backup", "--data", self.data, "--to", backup)
        self.assertEqual(status, 0, err)
        self.assertIn("1 datasets and 1 runs", out)
        with sqlite3.connect(backup / "chainrule.sqlite") as database:
            self.assertEqual(database.execute("SELECT state FROM run").fetchall(), [("running",)])
        database.close()
        self.assertEqual(self.server.post("/v1/backups", b"").status, 201)
        self.server.wait_for(run)

        other = Server()
        self.addCleanup(other.close)
        self.assertEqual(other.stop(), 0)
        shutil.rmtree(other.folder / "data")
        status, _, err = chainrule("restore", "--from", backup, "--data", other.folder / "data")
        self.assertEqual(status, 0, err)
        other.start()
        self.assertEqual(other.wait_for(run)["state"], "succeeded")
        self.assertGreater(len(self.losses(other, run)), 1000)
        self.assertEqual(self.losses(other, run), self.losses(self.server, run))
        self.assertEqual(other.get(f"/v1/runs/{run}/weights").body,
                         self.server.get(f"/v1/runs/{run}/weights").body)
        other.stop()
        status, out, err = chainrule("doctor", "--data", other.folder / "data")
        self.assertEqual(status, 0, out + err)
        status, _, err = chainrule("restore", "--from", backup, "--data", other.folder / "data")
        self.assertEqual(status, 1)
        self.assertIn("holds a store already", err)

    def test_a_backup_after_a_kill_holds_what_was_in_the_log_only(self):
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1)).json["id"]
        self.server.wait_for(run)
        other = self.server.post("/v1/runs", digits_run(self.dataset, epochs=500)).json["id"]
        self.wait_for_steps(other)
        self.server.kill()
        status, out, err = chainrule("doctor", "--data", self.data)
        self.assertEqual(status, 0, out + err)
        backup = self.server.folder / "backup"
        status, _, err = chainrule("backup", "--data", self.data, "--to", backup)
        self.assertEqual(status, 0, err)
        with sqlite3.connect(backup / "chainrule.sqlite") as database:
            self.assertEqual(database.execute("SELECT id, state FROM run ORDER BY number").fetchall(),
                             [(run, "succeeded"), (other, "running")])
        database.close()
        status, out, err = chainrule("doctor", "--data", backup)
        self.assertEqual(status, 0, out + err)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a disk")
    def test_a_backup_on_another_disk_is_whole_or_not_there(self):
        disk = self.server.folder / "disk"
        disk.mkdir()
        need = sum(file.stat().st_size for file in self.data.rglob("*") if file.is_file())
        for size, expected in [(need // 2, 1), (4 * need + (4 << 20), 0)]:
            script = (f'mount -t tmpfs -o size={size} none "$1" && "$2" backup --data "$3" --to "$1/copy"; '
                      'echo $?; ls -A "$1"')
            done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", disk, PROGRAM, self.data],
                                  capture_output=True, text=True, timeout=120)
            lines = [line for line in done.stdout.splitlines() if not line.startswith("chainrule")]
            self.assertEqual(lines, [str(expected)] + ["copy"] * (expected == 0), done.stderr)
            if expected:
                self.assertIn("there is no room for the copy", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a disk")
    def test_a_full_disk_is_507_and_no_more_than_that(self):
        small = SmallDiskServer(32)
        self.addCleanup(small.close)
        train, _ = digits()
        dataset = small.upload(DIGITS, train).json["id"]
        run = small.post("/v1/runs", digits_run(dataset, epochs=1)).json["id"]
        small.wait_for(run)
        with small.filled(64 << 10):
            answer = small.post("/v1/backups", b"")
            self.assertEqual(answer.status, 507, answer.body)
            self.assertIn("there is no room", answer.json["detail"])
            self.assertEqual(list((small.data / "backups").iterdir()), [])
        self.assertEqual(small.post("/v1/backups", b"").status, 201)
        self.assertEqual(len(small.get("/v1/backups").json["data"]), 1)

    def test_a_killed_backup_never_stands_under_its_name(self):
        for _ in range(3):
            run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=5)).json["id"]
            self.server.wait_for(run)
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        chance = random.Random(seed)
        disk = self.server.folder / "disk"
        disk.mkdir()
        start = time.monotonic()
        self.assertEqual(chainrule("backup", "--data", self.data, "--to", disk)[0], 0)
        usual = time.monotonic() - start
        for _ in range(20):
            process = subprocess.Popen([PROGRAM, "backup", "--data", self.data, "--to", disk],
                                       stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, usual))
            process.kill()
            process.wait()
        self.assertEqual(chainrule("backup", "--data", self.data, "--to", disk)[0], 0)
        for backup in disk.iterdir():
            self.assertTrue(backup.name.startswith("bak_"), backup)
            status, out, err = chainrule("doctor", "--data", backup)
            self.assertEqual(status, 0, out + err)

    def test_doctor_names_faults_and_repairs_what_loses_nothing(self):
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1)).json["id"]
        self.server.wait_for(run)
        status, out, _ = chainrule("doctor", "--data", self.data)
        self.assertEqual(status, 0)
        self.assertIn("a server uses the folder", out)
        status, _, err = chainrule("doctor", "--data", self.data, "--repair")
        self.assertEqual(status, 1)
        self.assertIn("another server uses", err)
        self.assertEqual(self.server.stop(), 0)

        (self.data / "datasets/stray").mkdir()
        with sqlite3.connect(self.data / "chainrule.sqlite") as database:
            database.execute("DELETE FROM event WHERE kind = 'end'")
        database.close()
        status, out, err = chainrule("doctor", "--data", self.data)
        self.assertEqual(status, 1)
        self.assertIn("datasets/stray: no dataset names it; remove it (--repair does so)\n", out)
        self.assertIn(f"run {run}: ", out)
        self.assertIn("2 faults", err)
        status, out, err = chainrule("doctor", "--data", self.data, "--repair")
        self.assertEqual(status, 0, out + err)
        self.assertFalse((self.data / "datasets/stray").exists())
        self.server.start()
        self.assertEqual(self.server.get(f"/v1/runs/{run}").json["state"], "succeeded")

    def test_flags_that_are_missing_or_lead_nowhere(self):
        nowhere = pathlib.Path(self.server.folder) / "nowhere"
        for arguments, expected, words in [
            (("backup", "--data", self.data), 2, "--to"),
            (("restore", "--data", nowhere), 2, "--from"),
            (("backup", "--data", nowhere, "--to", nowhere), 1, "holds no store"),
            (("restore", "--from", nowhere, "--data", nowhere), 1, "holds no store"),
            (("doctor", "--data", nowhere), 1, "holds no store"),
            (("backup", "--data", self.data, "--to", self.data / "uploads/x"), 1, "removes"),
        ]:
            status, _, err = chainrule(*arguments)
            self.assertEqual(status, expected, err)
            self.assertIn(words, err)
        self.assertFalse(nowhere.exists())


if __name__ == "__main__":
    unittest.main()
