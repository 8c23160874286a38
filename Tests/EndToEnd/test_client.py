"""The sub-commands that ask a server, as a person types them."""

import contextlib
import fcntl
import gzip
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from server import DIGITS, PROGRAM, ROOT, Server


def until(condition, seconds=60):
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it didn't come to pass")
        time.sleep(0.05)


class ClientTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-client-"))
        cls.data = cls.folder / "train.csv"
        rows = gzip.decompress((ROOT / "examples/data/digits.csv.gz").read_bytes()).splitlines(keepends=True)
        cls.data.write_bytes(b"".join(rows[:300]))
        cls.spec = cls.folder / "spec.json"
        spec = json.loads((ROOT / "examples/digits-cnn.json").read_text())
        spec.pop("dataset", None)
        spec["training"]["epochs"] = 1
        cls.spec.write_text(json.dumps(spec))
        cls.imports = DIGITS

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        subprocess.run(["rm", "-rf", cls.folder], check=True)

    def call(self, *words, status=0, **environment):
        """Runs a sub-command; answers what it printed."""
        done = subprocess.run(
            [PROGRAM, *words], capture_output=True, text=True, timeout=120, cwd=self.folder,
            env={**os.environ, "CHAINRULE_SERVER": self.server.url, "CHAINRULE_DATA": "/nowhere", **environment})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 or status == 3 else done.stderr

    def train(self, *more, status=0):
        return self.call("run", str(self.spec), "--data", str(self.data), "--import", self.imports, *more, status=status)

    def test_a_file_and_a_spec_become_weights(self):
        out = self.train("--watch", "--name", "from the command line")
        run = out.split()[0]
        self.assertRegex(run, "^run_[0-9A-Z]{26}$")
        self.assertIn("epoch 1", out)
        self.assertIn("succeeded", out.splitlines()[-1])
        self.assertNotIn("\r", out, "no bar where nobody looks")
        self.assertIn("from the command line", self.call("runs"))
        self.assertIn(run, self.call("show", run[4:]))
        self.assertEqual(json.loads(self.call("show", "latest", "--json"))["id"], run)
        self.assertIn("train_loss", self.call("metrics", run))
        self.assertIn("weight", self.call("gradients", run))
        self.call("diagnosis", run)
        file = self.folder / "w.safetensors"
        self.assertEqual(self.call("weights", run, "--output", str(file)).strip(), str(file))
        expected = self.server.curl(f"/v1/runs/{run}/weights").body
        self.assertEqual(file.read_bytes(), expected)
        archive = self.folder / "run.tar.zst"
        self.call("export", run, "--output", str(archive))
        self.assertIn("is gone", self.call("delete", run))
        self.assertIn(run, self.call("import", str(archive)))
        self.assertIn("train.csv", self.call("datasets"))
        self.assertEqual([p.name for p in self.folder.glob(".*")], [], "no part of a download is left")

    def test_watching_outlives_the_server(self):
        spec = json.loads(self.spec.read_text())
        spec["training"]["epochs"] = 400
        long = self.folder / "long.json"
        long.write_text(json.dumps(spec))
        run = self.call("run", str(long), "--data", str(self.data), "--import", self.imports).split()[0]
        watch = subprocess.Popen(
            [PROGRAM, "watch", run, "--json"], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "CHAINRULE_SERVER": self.server.url})
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(watch.stdout))
        reader.start()
        until(lambda: any('"epoch"' in line for line in list(lines)))
        self.server.kill()
        self.server.start()
        seen = len(lines)
        until(lambda: any('"epoch"' in line for line in lines[seen:]))
        self.assertIn(run, self.call("cancel", run))
        self.assertEqual(watch.wait(60), 3)
        reader.join(60)
        ids = [json.loads(line)["id"] for line in lines]
        self.assertEqual(ids, sorted(set(ids)), "nothing twice, in order")
        self.assertEqual(json.loads(lines[-1])["type"], "end")

    def test_a_terminal_shows_a_panel_that_follows_its_size(self):
        spec = json.loads(self.spec.read_text())
        spec["training"]["epochs"] = 30
        long = self.folder / "panel.json"
        long.write_text(json.dumps(spec))
        run = self.call("run", str(long), "--data", str(self.data), "--import", self.imports).split()[0]
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
        watch = subprocess.Popen([PROGRAM, "watch", run], stdout=its, env={**os.environ, "CHAINRULE_SERVER": self.server.url})
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65536):
                shown += piece
        self.assertEqual(watch.wait(60), 0)
        os.close(ours)
        text = shown.decode()
        self.assertRegex(text, r"\x1b\[\d+A\r\x1b\[J", "it is drawn over what was there")
        self.assertRegex(text, "loss .*[▁-█]{4,}")
        self.assertRegex(text, "\x1b\\[36m.*weight.*[▁-█]{4,}")
        plain = re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", text)
        rows = [row for row in re.split(r"[\r\n]+", plain) if "▁" in row or "█" in row]
        self.assertTrue(rows and all(len(row) < 60 for row in rows), max(rows, key=len))
        self.assertIn("succeeded", text)

    def test_curl_shows_a_line_that_changes(self):
        run = self.call("run", str(self.spec), "--data", str(self.data), "--import", self.imports).split()[0]
        shown = self.server.curl(f"/v1/runs/{run}/events?after=0", "-N", "-H", "Accept: text/plain").body.decode()
        self.assertRegex(shown, r"\r\x1b\[K\[=* *\]  step \d+/\d+  loss [\d.]+")
        self.assertIn("epoch 1  ", shown)
        self.assertIn("succeeded (completed)\n", shown)

    def test_an_interrupted_watch_leaves_the_run(self):
        spec = json.loads(self.spec.read_text())
        spec["training"]["epochs"] = 400
        long = self.folder / "left.json"
        long.write_text(json.dumps(spec))
        run = self.call("run", str(long), "--data", str(self.data), "--import", self.imports).split()[0]
        watch = subprocess.Popen(
            [PROGRAM, "watch", run], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "CHAINRULE_SERVER": self.server.url})
        watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        _, told = watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, 130)
        self.assertIn("trains on", told)
        self.assertIn(json.loads(self.call("show", run, "--json"))["state"], ("queued", "running"))
        self.call("cancel", run)

    def test_what_goes_wrong_is_told(self):
        wrong = self.folder / "wrong.json"
        wrong.write_text('{"model": {"input": {"shape": [2]}, "layers": [{"type": "dence"}]}, "training": {}}')
        told = self.call("run", str(wrong), status=1)
        self.assertIn("/model/layers/0/type", told)
        self.assertIn("/dataset", told)
        self.assertIn("no server answers", self.call("runs", CHAINRULE_SERVER="http://127.0.0.1:1", status=1))
        self.assertIn("neither a URL", self.call("runs", "--server", "nonsense", status=2))
        self.assertIn("RUN is missing", self.call("show", status=2))
        self.assertIn("no run's id begins", self.call("show", "zzz", status=1))
        self.assertIn("expected a flag", self.call("runs", "more", status=2))
        self.assertIn("one argument too many", self.call("show", "latest", "more", status=2))
        self.assertIn("can't be read", self.call("run", "nothing.json", status=1))

    def test_a_shell_completes(self):
        script = self.call("completion", "bash")
        words = subprocess.run(
            ["bash", "-c", script + '\nCOMP_WORDS=(chainrule weig) COMP_CWORD=1; _chainrule; echo "${COMPREPLY[@]}"\n'
             'COMP_WORDS=(chainrule weights --ch) COMP_CWORD=2; _chainrule; echo "${COMPREPLY[@]}"'],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(words.split(), ["weights", "--checkpoint"])
        self.assertIn("complete -c chainrule", self.call("completion", "fish"))
        page = self.call("man")
        self.assertTrue(page.startswith(".TH CHAINRULE 1"))
        self.assertEqual(page, (ROOT / "docs/chainrule.1").read_text(), "chainrule man > docs/chainrule.1")

    def test_a_sweep_is_queued_and_compared(self):
        spec = json.loads(self.spec.read_text())
        file = self.folder / "sweep.json"
        file.write_text(json.dumps({
            "name": "rates", "run": spec, "goal": {"metric": "train_loss"},
            "parameters": {"/training/optimizer": {"values": [
                {"type": "sgd", "learning_rate": rate} for rate in (1e-6, 0.05, 1e-5)]}}}))
        out = self.call("sweep", str(file), "--data", str(self.data), "--import", self.imports, "--watch")
        head, *rows = out.splitlines()
        self.assertEqual(head.split(), ["TRAIN_LOSS", "RUN", "STATE", "optimizer"])
        self.assertEqual([row.split()[2] for row in rows], ["succeeded"] * 3)
        values = [float(row.split()[0]) for row in rows]
        self.assertEqual(values, sorted(values), "the best first")
        self.assertIn("0.05", rows[0])
        sweep = json.loads(self.call("sweeps", "--json"))["data"][0]
        self.assertEqual(sweep["best"]["run"], rows[0].split()[1])
        self.assertIn("3/3", self.call("sweeps"))
        self.assertEqual(self.call("compare", "latest"), out)
        self.assertIn(sweep["id"], self.call("show", sweep["id"]))
        self.assertIn(sweep["id"], self.call("cancel", sweep["id"]))
        self.assertIn("is gone", self.call("delete", sweep["id"]))
        self.assertIn(rows[0].split()[1], self.call("runs"), "its runs stay")
        self.assertIn("there are no sweeps", self.call("compare", "latest", status=1))

    def test_a_dataset_is_split(self):
        dataset = self.call("upload", str(self.data), "--import", self.imports).strip()
        split = self.call("split", "latest", "--type", "stratified", "--validation", "0.25", "--test", "0.25", "--name", "half").strip()
        made = json.loads(self.call("splits", "--json"))["data"][0]
        self.assertEqual((made["id"], made["dataset"], made["type"], made["name"]), (split, dataset, "stratified", "half"))
        self.assertGreater(made["counts"]["validation"], 0)
        folds = self.call("split", dataset, "--folds", "4").strip()
        listed = self.call("splits").splitlines()
        self.assertEqual([line.split()[0] for line in listed[1:3]], [folds, split])
        self.assertIn("4 folds of", listed[1])
        self.assertIn(f"validation {made['counts']['validation']}", listed[2])
        self.assertIn("validation", self.call("split", dataset, "--validation", "many", status=1))
        self.assertIn("column", self.call("split", dataset[3:12], "--type", "group", status=1))

    def test_a_large_file_goes_on_after_the_server_was_killed(self):
        file = self.folder / "large.csv"
        rows = self.data.read_bytes().splitlines(keepends=True)
        file.write_bytes(rows[0] + b"".join(rows[1:]) * 160)
        size = file.stat().st_size
        upload = subprocess.Popen(
            [PROGRAM, "upload", str(file), "--import", self.imports, "--piece", "64KiB"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "CHAINRULE_SERVER": self.server.url})

        def begun():
            return self.server.get("/v1/uploads").json["data"]

        until(lambda: begun() and 0 < begun()[0]["offset"] < size)
        self.server.kill()
        self.server.start()
        told, notes = upload.communicate(timeout=120)
        self.assertEqual(upload.returncode, 0, notes)
        self.assertEqual(begun(), [], "the upload is used up")
        dataset = self.server.get(f"/v1/datasets/{told.strip()}").json
        self.assertEqual((dataset["size_bytes"], dataset["name"]), (size, "large.csv"))
        content = self.server.curl(f"/v1/datasets/{told.strip()}/content").body
        self.assertEqual(content, file.read_bytes())

    def test_an_interrupted_upload_is_gone_on_with(self):
        upload = subprocess.Popen(
            [PROGRAM, "upload", str(self.data), "--import", self.imports, "--piece", "1kB"],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "CHAINRULE_SERVER": self.server.url})
        until(lambda: any(row["offset"] for row in self.server.get("/v1/uploads").json["data"]))
        upload.send_signal(signal.SIGINT)
        _, notes = upload.communicate(timeout=60)
        self.assertEqual(upload.returncode, 130)
        self.assertIn("--resume upl_", notes)
        name = notes[notes.index("upl_"):].split()[0]
        other = self.call("upload", str(self.spec), "--resume", name, status=1)
        self.assertIn(f"{name} is of a file of {self.data.stat().st_size} bytes", other)
        dataset = self.call("upload", str(self.data), "--resume", name, "--import", self.imports).strip()
        self.assertEqual(self.server.get(f"/v1/datasets/{dataset}").json["examples"], 300)


if __name__ == "__main__":
    unittest.main()
