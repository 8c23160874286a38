"""A run goes from one server to another as a file, and answers there as at home; hostile archives are refused."""

import hashlib
import io
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import tarfile
import time
import unittest

from server import DIGITS, PROGRAM, Server, SmallDiskServer, digits, digits_run

OBSERVE = {"gradient_norms_every": 1, "histograms_every": 10, "activations_every": 10}
QUANTITIES = ["gradient", "weight", "update", "activation", "activation_gradient"]


def send(server, archive, *options):
    return server.curl("/v1/runs:import", "-X", "POST", "-H", "Content-Type: application/zstd",
                       "--data-binary", "@-", *options, data=archive)


def unpacked(archive):
    """The members of an archive, in their order."""
    plain = subprocess.run(["zstd", "-dcq"], input=archive, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def packed(members, listed=True):
    """A plain tar of members; `TarInfo`s stand for themselves. Its list is brought in line with them."""
    members = dict(members)
    if listed:
        manifest = json.loads(members["manifest.json"])
        for file in manifest["files"]:
            content = members.get(file["path"])
            if isinstance(content, bytes):
                file["size_bytes"], file["sha256"] = len(content), hashlib.sha256(content).hexdigest()
        members["manifest.json"] = json.dumps(manifest).encode()
    return tarred(members.items())


def tarred(items):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in items:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def changed(database, *statements):
    """A database after statements that no server would run."""
    file = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"chainrule-{os.getpid()}-{time.monotonic_ns()}.sqlite"
    file.write_bytes(database)
    try:
        connection = sqlite3.connect(file)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return file.read_bytes()
    finally:
        file.unlink()


class ArchiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Server()
        cls.addClassCleanup(cls.home.close)
        train, _ = digits()
        cls.dataset = cls.home.upload(DIGITS + "&name=digits", train).json["id"]
        model = json.loads((pathlib.Path(__file__).resolve().parent.parent.parent
                            / "examples/digits-cnn.json").read_text())["model"]
        cls.model = cls.home.post("/v1/models", model).json["id"]
        body = digits_run(cls.dataset, epochs=2, checkpoint={"every_steps": 20, "keep": 2})
        body.update(model=cls.model, observe=OBSERVE, tags={"from": "home"})
        cls.run_id = cls.home.post("/v1/runs", body).json["id"]
        cls.home.wait_for(cls.run_id)
        cls.archive = cls.home.get(f"/v1/runs/{cls.run_id}/archive").body

    def other(self, *flags):
        server = Server(*flags)
        self.addCleanup(server.close)
        return server

    def answers(self, server):
        """Everything that a client reads of the run, as bytes."""
        base = f"/v1/runs/{self.run_id}"
        paths = [base, "/metrics?max_points=10000", "/gradients?max_points=10000", "/diagnosis", "/logs?limit=200",
                 "/checkpoints", "/weights", "/weights?checkpoint=initial", "/weights?checkpoint=best&format=npz",
                 "/tensorboard", "/clipping"]
        paths += [f"/histograms?quantity={name}&from_step=1&to_step=100000" for name in QUANTITIES]
        answers = {}
        for path in paths:
            answer = server.get(path if path.startswith("/v1") else base + path)
            self.assertEqual(answer.status, 200, (path, answer.body))
            answers[path] = answer.body
        layers = [layer["layer"] for layer in json.loads(answers["/gradients?max_points=10000"])["layers"]]
        path = f"/activations?max_points=10000&layer={','.join(dict.fromkeys(layers))}"
        answers["activations"] = server.get(base + path).body
        answers["csv"] = server.get(base + "/metrics", "-H", "Accept: text/csv").body
        answers["predictions"] = server.post(
            base + "/predictions", {"inputs": [[i % 17 for i in range(64)]], "checkpoint": "best"}).body
        answers["dataset"] = server.get(f"/v1/datasets/{self.dataset}").body
        answers["content"] = server.get(f"/v1/datasets/{self.dataset}/content").body
        answers["model"] = server.get(f"/v1/models/{self.model}").body
        events = server.get(base + "/events", "-H", "Accept: application/x-ndjson").body
        answers["events"] = [{k: v for k, v in json.loads(line).items() if k != "id"} for line in events.splitlines()]
        answers["evaluation"] = server.post(base + "/evaluations", {"dataset": self.dataset}).body
        return answers

    def left(self, server):
        """What lies in a data folder below `uploads` and `datasets`."""
        data = server.folder / "data"
        return sorted(str(file.relative_to(data)) for name in ("uploads", "datasets")
                      for file in (data / name).iterdir())

    def test_a_run_moves_and_answers_as_at_home(self):
        answer = self.home.get(f"/v1/runs/{self.run_id}/archive")
        self.assertIn(f'filename="{self.run_id}.tar.zst"', answer.headers["content-disposition"])
        tag = answer.headers["etag"]
        self.assertEqual(tag, f'"{hashlib.sha256(answer.body).hexdigest()}"')
        part = self.home.get(f"/v1/runs/{self.run_id}/archive", "-H", "Range: bytes=100-199")
        self.assertEqual((part.status, part.body), (206, answer.body[100:200]))
        self.assertEqual(self.home.get(f"/v1/runs/{self.run_id}/archive", "-H", f"If-None-Match: {tag}").status, 304)
        self.assertEqual(os.listdir(self.home.folder / "data/uploads"), [])

        other = self.other()
        made = send(other, self.archive, "-H", "Idempotency-Key: move")
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(made.headers["location"], f"/v1/runs/{self.run_id}")
        again = send(other, self.archive, "-H", "Idempotency-Key: move")
        self.assertEqual((again.status, again.body), (201, made.body))
        there = send(other, self.archive)
        self.assertEqual((there.status, there.json["type"]), (409, "/problems/conflict"))
        self.assertEqual(os.listdir(other.folder / "data/uploads"), [])
        self.assertEqual(self.answers(other), self.answers(self.home))

        # It is a run like any other: it survives, can be copied, begun from, taken on, deleted.
        clone = other.post(f"/v1/runs/{self.run_id}:clone", {"initial_weights": self.run_id}).json["id"]
        self.assertEqual(other.wait_for(clone)["state"], "succeeded")
        self.assertEqual(other.post("/v1/backups", b"").status, 201)
        other.kill()
        other.start()
        self.assertEqual(self.answers(other), self.answers(self.home))
        onward = self.other()
        self.assertEqual(send(onward, other.get(f"/v1/runs/{self.run_id}/archive").body).status, 201)
        self.assertEqual(self.answers(onward), self.answers(self.home))
        self.assertEqual(onward.curl(f"/v1/runs/{self.run_id}", "-X", "DELETE").status, 204)
        self.assertEqual(send(onward, self.archive).status, 201)
        self.assertEqual(len(self.left(onward)), 1)
        for server in (other, onward):
            self.assertEqual(server.stop(), 0)
            doctor = subprocess.run([PROGRAM, "doctor", "--data", server.folder / "data"], capture_output=True,
                                    text=True, timeout=120)
            self.assertEqual(doctor.returncode, 0, doctor.stdout + doctor.stderr)

    def test_datasets_are_shared_or_left_out(self):
        bare = self.home.get(f"/v1/runs/{self.run_id}/archive?datasets=false").body
        self.assertEqual(list(unpacked(bare)), ["manifest.json", "run.sqlite"])
        other = self.other()
        self.assertEqual(send(other, bare).status, 201)
        self.assertEqual(other.get(f"/v1/datasets/{self.dataset}").status, 404)
        self.assertEqual(self.left(other), [])
        predict = {"inputs": [[i % 17 for i in range(64)]]}
        self.assertEqual(other.post(f"/v1/runs/{self.run_id}/predictions", predict).body,
                         self.home.post(f"/v1/runs/{self.run_id}/predictions", predict).body)

        for archive in (bare, self.archive):
            sharing = self.other()
            train, _ = digits()
            self.assertEqual(sharing.upload(DIGITS, train).status, 201)
            self.assertEqual(send(sharing, archive).status, 201)
            self.assertEqual(sharing.get(f"/v1/datasets/{self.dataset}").body,
                             self.home.get(f"/v1/datasets/{self.dataset}").body)
            self.assertEqual(len(self.left(sharing)), 1)

    def test_only_runs_that_are_over(self):
        run = self.home.post("/v1/runs", digits_run(self.dataset, epochs=5000)).json["id"]
        answer = self.home.get(f"/v1/runs/{run}/archive")
        self.assertEqual(answer.status, 409)
        self.assertIn("stop it or cancel it", answer.json["detail"])
        self.home.post(f"/v1/runs/{run}:cancel", b"")
        self.home.wait_for(run)
        other = self.other()
        self.assertEqual(send(other, self.home.get(f"/v1/runs/{run}/archive").body).status, 201)
        self.assertEqual(other.get(f"/v1/runs/{run}").json["state"], "cancelled")

    def refuse(self, server, archive, words=None, status=422):
        answer = send(server, archive)
        self.assertEqual(answer.status, status, answer.body)
        if words:
            self.assertIn(words, answer.json["detail"])
        self.assertEqual(self.left(server), [])

    def test_hostile_archives_are_refused(self):
        members = unpacked(self.archive)
        upload = next(name for name in members if name.startswith("datasets/"))
        manifest, database = json.loads(members["manifest.json"]), members["run.sqlite"]
        server = self.other("--max-upload", "100MB")

        def listing(**changes):
            return json.dumps({**manifest, **changes}).encode()

        def with_file(path, size=1, digest="0" * 64):
            return listing(files=manifest["files"] + [{"path": path, "size_bytes": size, "sha256": digest}])

        self.refuse(server, b"", None)
        self.refuse(server, b"no archive of anything" * 100, "no archive")
        for path in ("../escape", "/etc/escape", "datasets/../../escape", "datasets/a/../b", "datasets/x/content/..",
                     "datasets//content", "run.sqlite/", "datasets/a/content\0x", "datasets/a/inputs.bin"):
            self.refuse(server, tarred([("manifest.json", with_file(path)), ("run.sqlite", database)]), "no file")
        self.refuse(server, tarred([("manifest.json", members["manifest.json"]), ("../escape", b"x")]), "isn't in its list")
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            link = tarfile.TarInfo("run.sqlite")
            link.type, link.linkname = kind, "/etc/passwd"
            self.refuse(server, packed({**members, "run.sqlite": link}, listed=False), "no plain file")
        self.refuse(server, tarred([*members.items(), ("run.sqlite", database)]), "came twice")
        self.refuse(server, tarred([*members.items(), ("more", b"x")]), "isn't in its list")
        self.refuse(server, tarred(list(members.items())[1:]), "doesn't begin with")
        self.refuse(server, tarred(list(members.items())[:-1]), "lacks " + upload)
        self.refuse(server, packed({**members, upload: members[upload][:-1] + b"x"}, listed=False), "SHA-256")
        self.refuse(server, packed({**members, "run.sqlite": database + b"x"}, listed=False), "bytes, and its list says")
        self.refuse(server, packed({**members, upload: members[upload] + b"1,2\n"}), "SHA-256")
        self.refuse(server, tarred([("manifest.json", with_file("datasets/a/content", 1 << 60))]), "unfolds into more")
        self.refuse(server, tarred([("manifest.json", with_file("datasets/a/content", (1 << 63) - 1))]), "unfolds into")
        self.refuse(server, tarred([("manifest.json", b" " * (2 << 20))]), "more than")
        self.refuse(server, tarred([("manifest.json", b"[" * 100_000)]))
        self.refuse(server, packed({**members, "manifest.json": listing(format=2)}), "format 2")
        self.refuse(server, packed({**members, "manifest.json": listing(run="run_" + "0" * 26)}), "another run")
        bomb = subprocess.run(["zstd", "-cq"], input=bytes(300 << 20), capture_output=True, check=True).stdout
        self.refuse(server, bomb)
        for end in (1, 100, len(self.archive) // 3, len(self.archive) // 2, len(self.archive) - 100):
            self.refuse(server, self.archive[:end])
        self.assertEqual(server.get("/v1/runs").json["data"], [])
        self.assertEqual(send(server, self.archive).status, 201)

    def test_hostile_databases_are_refused(self):
        members = unpacked(self.archive)
        server = self.other()
        for words, *statements in [
            ("schema", "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END"),
            ("schema", "CREATE VIEW v AS SELECT * FROM run"),
            ("schema", "CREATE TABLE more (x)"),
            ("schema", "CREATE INDEX i ON run (name)"),
            ("schema", "DROP INDEX event_by_run"),
            ("schema", "ALTER TABLE run ADD COLUMN x TEXT"),
            ("list of migrations", "DROP TABLE migration"),
            ("doesn't go with this version", "UPDATE migration SET sha256 = 'x' WHERE version = 3"),
            ("doesn't go with this version", "INSERT INTO migration VALUES (9999, 'future', 'x')"),
            ("lacks a migration", "DELETE FROM migration WHERE version = 2"),
            ("schema", "DELETE FROM migration WHERE version = (SELECT max(version) FROM migration)"),
            ("belong to a row of run", "DELETE FROM run"),
            ("holds 0 runs", "PRAGMA foreign_keys = ON", "DELETE FROM run"),
            ("holds 2 runs", "INSERT INTO run (number, id, state, request, data, created_at, finished_at) "
             f"VALUES (7777, 'run_{'0' * 26}', 'failed', '{{}}', '{{}}', 0, 0)"),
            ("must have is over", "UPDATE run SET state = 'running'"),
            ("must have is over", "UPDATE run SET state = 'queued', finished_at = NULL"),
            ("within bounds", "UPDATE run SET elapsed_seconds = 1e300"),
            ("within bounds", "UPDATE run SET created_at = 9223372036854775807"),
            ("within bounds", "UPDATE run SET step = 9223372036854775807"),
            ("within bounds", "UPDATE step SET loss = 9e999 WHERE step = 3"),
            ("within bounds", "UPDATE point SET step = -step"),
            ("no more entries", "UPDATE step SET gradients = zeroblob(16000000) WHERE step = 3"),
            ("step 3 ends within a number", "UPDATE step SET gradients = zeroblob(7) WHERE step = 3"),
            ("request", "UPDATE run SET request = '{}'"),
            ("request", "UPDATE run SET request = 'x'"),
            ("data", "UPDATE run SET data = '{}'"),
            ("other data", "UPDATE run SET data = json_set(data, '$.examples', 7)"),
            ("tags", "UPDATE run SET tags = '{\"a\": 1}'"),
            ("table finding", "INSERT INTO finding SELECT number, 'k', 'r', 's', 1, '{' FROM run"),
            ("table autopsy", "INSERT INTO autopsy SELECT number, '{\"step\": -9223372036854775808}' FROM run"),
            ("histogram", "UPDATE histogram SET data = zeroblob(40)"),
            ("histogram", "UPDATE histogram SET data = CAST(x'02' || randomblob(60) AS BLOB)"),
            ("one line", "UPDATE event SET data = '{' || char(10) || '}' WHERE id = (SELECT min(id) FROM event)"),
            ("no end", "DELETE FROM event WHERE kind = 'end'"),
            ("chunks", "UPDATE checkpoint_chunk SET data = substr(data, 2)"),
            ("SHA-256", "UPDATE checkpoint_chunk SET data = zeroblob(length(data))"),
            ("weights only", "UPDATE checkpoint_part SET part = 'staged weights'"),
            ("positions", "UPDATE run_parameter SET position = 1000 WHERE position = 0"),
            ("belongs to one", "INSERT INTO log (run, at, level, step, message) VALUES (-7, 0, 'info', 0, '')"),
            ("more than a run", "INSERT INTO answer VALUES ('default', 'k', '', 0, '', x'', 0)"),
            ("block", "INSERT INTO block SELECT number, 0, 0, 1, 5, randomblob(30) FROM run"),
            ("options", "UPDATE dataset SET description = json_set(description, '$.options', 'format=csv&format=npz')"),
        ]:
            with self.subTest(statements):
                database = changed(members["run.sqlite"], *statements)
                self.refuse(server, packed({**members, "run.sqlite": database}), words)
        # Where the archive has no dataset to compare with, what the run knew of it must go together by itself.
        bare = unpacked(self.home.get(f"/v1/runs/{self.run_id}/archive?datasets=false").body)
        for path, value in [("input.shape", "[1099511627776]"), ("input.shape", "[-1, 8, 8]"), ("input.shape", "[1, 8, 9]"),
                            ("input.scaling", '[{"subtract": 0, "divide": 1}, {"subtract": 0, "divide": 1}]'),
                            ("columns[0].kind", '"category"'), ("columns", "[]")]:
            with self.subTest(path, value=value):
                database = changed(bare["run.sqlite"],
                                   f"UPDATE run SET data = json_set(data, '$.{path}', json('{value}'))")
                answer = send(server, packed({**bare, "run.sqlite": database}))
                if path == "columns":
                    self.assertEqual(answer.status, 201)
                    predict = {"inputs": [[0] * 64]}
                    self.assertLess(server.post(f"/v1/runs/{self.run_id}/predictions", predict).status, 500)
                    self.assertEqual(server.curl(f"/v1/runs/{self.run_id}", "-X", "DELETE").status, 204)
                else:
                    self.assertEqual(answer.status, 422, answer.body)
                    self.assertIn("data", answer.json["detail"])
        self.assertEqual(server.get("/v1/runs").json["data"], [])

    def test_flipped_bytes_are_refused_or_change_nothing(self):
        seed = int(os.environ.get("CHAINRULE_SEED", random.randrange(1 << 30)))
        print(f"seed {seed}")
        chance = random.Random(seed)
        members = unpacked(self.archive)
        server = self.other()
        refused = 0
        for _ in range(60):
            archive = bytearray(self.archive)
            archive[chance.randrange(len(archive))] ^= 1 << chance.randrange(8)
            status = send(server, bytes(archive)).status
            if status == 201:
                # What is no part of a member may differ: then nothing that counts does.
                self.assertEqual(unpacked(bytes(archive)), members)
                self.assertEqual(server.curl(f"/v1/runs/{self.run_id}", "-X", "DELETE").status, 204)
            else:
                self.assertEqual(status, 422)
                refused += 1
        self.assertGreater(refused, 50)
        # Below the digests: what a stranger who can count them might send.
        for _ in range(60):
            database = bytearray(members["run.sqlite"])
            for _ in range(chance.choice([1, 1, 4, 64])):
                database[chance.randrange(len(database))] = chance.randrange(256)
            answer = send(server, packed({**members, "run.sqlite": bytes(database)}))
            self.assertIn(answer.status, (201, 422), answer.body)
            if answer.status == 201:
                run = answer.json["id"]
                for path in ("", "/metrics", "/gradients", "/diagnosis", "/logs", "/checkpoints", "/weights"):
                    self.assertLess(server.get(f"/v1/runs/{run}{path}").status, 500)
                self.assertEqual(server.curl(f"/v1/runs/{run}", "-X", "DELETE").status, 204)
        self.assertIsNone(server.process.poll())

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a disk")
    def test_a_full_disk_is_507_and_no_more_than_that(self):
        small = SmallDiskServer(64)
        self.addCleanup(small.close)

        def asked_with_room(room, ask):
            with small.filled(room):
                answer = ask()
                self.assertEqual((answer.status, os.listdir(small.data / "uploads")), (507, []), answer.body)

        for room in (64 << 10, 8 << 20):
            asked_with_room(room, lambda: send(small, self.archive))
        self.assertEqual(send(small, self.archive).status, 201)
        asked_with_room(64 << 10, lambda: small.get(f"/v1/runs/{self.run_id}/archive"))
        self.assertEqual(small.get(f"/v1/runs/{self.run_id}/archive").status, 200)

    def test_a_killed_import_leaves_nothing(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        chance = random.Random(seed)
        server = self.other()
        file = server.folder / "archive"
        file.write_bytes(self.archive)
        start = time.monotonic()
        self.assertEqual(send(server, self.archive).status, 201)
        usual = time.monotonic() - start
        self.assertEqual(server.curl(f"/v1/runs/{self.run_id}", "-X", "DELETE").status, 204)
        self.assertEqual(server.curl(f"/v1/datasets/{self.dataset}", "-X", "DELETE").status, 204)
        for _ in range(15):
            client = subprocess.Popen(
                ["curl", "-sS", "--data-binary", f"@{file}", "-H", "Idempotency-Key: once", server.url + "/v1/runs:import"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, usual))
            server.kill()
            client.wait()
            server.start()
            answer = server.get(f"/v1/runs/{self.run_id}")
            if answer.status == 404:
                self.assertEqual(self.left(server), [])
            else:
                self.assertEqual(self.answers(server), self.answers(self.home))
                break
        self.assertEqual(send(server, self.archive, "-H", "Idempotency-Key: once").status, 201)
        self.assertEqual(self.answers(server), self.answers(self.home))
        self.assertEqual(server.stop(), 0)
        doctor = subprocess.run([PROGRAM, "doctor", "--data", server.folder / "data"], capture_output=True, text=True,
                                timeout=120)
        self.assertEqual(doctor.returncode, 0, doctor.stdout + doctor.stderr)


if __name__ == "__main__":
    unittest.main()
