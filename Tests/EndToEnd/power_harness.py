#!/usr/bin/env python3
"""Takes the power at any call of a session, loses what wasn't synced, and looks whether the server's word holds.

    power_harness.py [--cuts 200] [--seed N] [--twice]

A session uploads, submits, changes, backs up and deletes once, under a library that notes each call to the disk. Then a disk
is made as each of many calls would have left it, and a server is started on that: what was acknowledged by then must be
there, and every run must end in the bits that it ended in undisturbed. With `--twice` the power goes again while that server
recovers.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import random
import sqlite3
import tempfile
import time

from crash_harness import Violation, everything, expect, request, result
from disk_model import Disk, notes
from preload import build
from server import DIGITS, Server, digits

TEMPLATES = (0, 1)
SHORT = 3
EXTRA = b"a,b,y\n1,2,x\n3,4,z\n5,6,x\n"

# Something that is so from one length of the journal on, until another; `holds` takes the server.
Fact = collections.namedtuple("Fact", "what holds since until", defaults=(None,))


class Journaled:
    """A server whose calls to the disk are noted."""

    def __init__(self, library, prepare=None):
        with tempfile.NamedTemporaryFile(prefix="chainrule-journal-", delete=False) as file:
            self.journal = pathlib.Path(file.name)

        def begin(folder):
            if prepare:
                prepare(folder)
            self.disk = Disk(folder)

        try:
            self.server = Server("--workers", "2", prepare=begin, environment=lambda folder: {
                "LD_PRELOAD": str(library), "JOURNAL_FOLDER": str(folder), "JOURNAL_FILE": str(self.journal)})
        except BaseException:
            self.journal.unlink()
            raise

    @property
    def now(self):
        return self.journal.stat().st_size

    def close(self):
        self.server.close()
        self.journal.unlink(missing_ok=True)


class Session(Journaled):
    """What a client does, and what it was told by then."""

    def __init__(self, library):
        super().__init__(library)
        self.facts, self.runs, self.datasets, self.models = [], {}, {}, set()

    def fact(self, what, holds):
        self.facts.append(Fact(what, holds, self.now))

    def asked(self, status, ask):
        answer = ask()
        expect(answer.status == status, f"answered {answer.status}: {answer.body}")
        return answer.json if answer.body else None

    def there(self, path, status=200):
        self.fact(f"{path} answers {status}", lambda server: server.get(path).status == status)

    def upload(self, query, data, key):
        def ask(server):
            return server.curl(
                f"/v1/datasets?{query}", "-X", "POST", "-H", f"Idempotency-Key: {key}", "--data-binary", "@-", data=data)

        dataset = self.asked(201, lambda: ask(self.server))["id"]
        path, digest = f"/v1/datasets/{dataset}", hashlib.sha256(data).hexdigest()
        self.fact(f"{path} has its bytes", lambda server:
                  hashlib.sha256(server.get(path + "/content").body).hexdigest() == digest)
        self.fact(f"{path} is what its key gives", lambda server: ask(server).json["id"] == dataset)
        self.datasets[dataset] = digest
        return dataset

    def submit(self, dataset, template):
        body, key = request(dataset, template), f"Idempotency-Key: run-{len(self.runs)}"
        run = self.asked(202, lambda: self.server.post("/v1/runs", body, "-H", key))["id"]
        self.there(f"/v1/runs/{run}")
        self.fact(f"{run} is what its key gives", lambda server:
                  server.post("/v1/runs", body, "-H", key).json["id"] == run)
        self.runs[run] = template
        return run

    def name(self, run, name):
        body, path = json.dumps({"name": name}).encode(), f"/v1/runs/{run}"
        self.asked(200, lambda: self.server.curl(
            path, "-X", "PATCH", "-H", "Content-Type: application/json", "--data-binary", "@-", data=body))
        self.fact(f"{run} has its name", lambda server: server.get(path).json["name"] == name)

    def delete(self, path):
        before = self.now
        self.asked(204, lambda: self.server.curl(path, "-X", "DELETE"))
        name = path.rsplit("/", 1)[1]
        self.facts = [
            one._replace(until=min(before, one.until or before)) if name in one.what else one for one in self.facts]
        self.there(path, 404)

    def wait(self, run):
        expect(self.server.wait_for(run)["state"] == "succeeded", f"{run} didn't succeed")
        self.fact(f"{run} has succeeded", lambda server: server.get(f"/v1/runs/{run}").json["state"] == "succeeded")

    def back_up(self):
        backup = self.asked(201, lambda: self.server.post("/v1/backups", b""))["id"]
        self.fact(f"{backup} is sound", lambda server: is_sound(server.folder / "data/backups" / backup))

    def play(self):
        train = self.upload(DIGITS, digits()[0], "digits")
        self.models.add(self.asked(201, lambda: self.server.post("/v1/models", request(train, 0)["model"]))["id"])
        self.there(f"/v1/models/{next(iter(self.models))}")
        runs = [self.submit(train, template) for template in TEMPLATES]
        extra = self.upload("format=csv&target=y", EXTRA, "extra")
        self.name(runs[0], "renamed")
        self.delete(f"/v1/datasets/{extra}")
        short = self.submit(train, SHORT)
        self.upload("format=csv&target=y", EXTRA, "again")
        self.back_up()
        self.wait(short)
        self.delete(f"/v1/runs/{short}")
        for run in runs:
            self.wait(run)
        self.results = {run: result(self.server, run) for run in runs}
        self.server.kill()
        self.notes = list(notes(self.journal))
        return self


def is_sound(backup):
    manifest = json.loads((backup / "backup.json").read_text())
    files = [(backup / file["path"], file["sha256"]) for file in manifest["files"]]
    return all(hashlib.sha256(path.read_bytes()).hexdigest() == digest for path, digest in files)


def verify(server, session, end):
    """Whether all holds that was so when the journal was so long, and nothing else came about."""
    for fact in session.facts:
        if fact.since <= end and (fact.until is None or end < fact.until):
            expect(fact.holds(server), f"no longer so: {fact.what}")
    for kind, known in (("runs", session.runs), ("datasets", session.datasets), ("models", session.models)):
        ids = [row["id"] for row in everything(server, f"/v1/{kind}")]
        expect(set(ids) <= set(known) and len(set(ids)) == len(ids), f"{kind} nobody was told of: {set(ids) - set(known)}")
        for one in ids:
            if kind == "runs":
                shown = server.wait_for(one)
                expect(shown["state"] == "succeeded", f"{one} is {shown['state']}: {shown['error']}")
                if one in session.results:
                    expect(result(server, one) == session.results[one], f"{one} ended in other bits")
            if kind == "datasets":
                content = server.get(f"/v1/datasets/{one}/content").body
                expect(hashlib.sha256(content).hexdigest() == session.datasets[one], f"{one} has other bytes")


def verify_folder(folder):
    """What a server left in a folder when it ended."""
    with sqlite3.connect(folder / "chainrule.sqlite") as database:
        found = database.execute("PRAGMA integrity_check").fetchall()
        expect(found == [("ok",)], f"integrity_check says {found[:3]}")
        expect(not database.execute("PRAGMA foreign_key_check").fetchall(), "rows point to none")
        contents = {row[0] for row in database.execute("SELECT DISTINCT content FROM dataset")}
    there = {path.name for path in (folder / "datasets").iterdir()}
    expect(there == contents, f"datasets holds {there}, not {contents}")


def recover(library, session, disk, end, chance, depth):
    """Starts a server on what the disk keeps; `depth` times the power goes while it recovers."""
    styles = []
    again = Journaled(library, lambda folder: styles.append(disk.lose(chance, folder)))
    try:
        if depth == 0:
            verify(again.server, session, end)
            expect(again.server.stop() == 0, "SIGTERM didn't end it with 0")
            verify_folder(again.server.folder / "data")
            return styles
        time.sleep(chance.uniform(0, 1))
        again.server.kill()
        found = list(notes(again.journal))
        for note in found[:chance.randrange(len(found) + 1)]:
            again.disk.take(note)
        return styles + recover(library, session, again.disk, end, chance, depth - 1)
    finally:
        again.close()


def run(cuts, seed, depth=0):
    """Plays a session and takes its power so many times; `Violation` for any word that the server broke."""
    with tempfile.TemporaryDirectory() as folder:
        library = build("journal", folder)
        session = Session(library)
        try:
            session.play()
            disk = session.disk
            chance = random.Random(seed)
            chosen = sorted(chance.sample(range(len(session.notes) + 1), min(cuts, len(session.notes) + 1)))
            styles, taken = collections.Counter(), 0
            for cut in chosen:
                for note in session.notes[taken:cut]:
                    disk.take(note)
                taken = cut
                end = session.notes[cut - 1].end if cut else 0
                own = chance.getrandbits(32)
                try:
                    styles.update(recover(library, session, disk, end, random.Random(own), depth))
                except (Violation, RuntimeError) as error:
                    raise Violation(f"call {cut} of {len(session.notes)}, {own}: {error}") from error
            for note in session.notes[taken:]:
                disk.take(note)
            expect(not disk.differences("data"), f"calls that weren't noted changed {disk.differences('data')}")
            return (
                f"the power was lost {len(chosen)} times within {len(session.notes)} calls"
                f" ({', '.join(f'{count} kept {style}' for style, count in sorted(styles.items()))}); "
                f"nothing acknowledged was lost")
        finally:
            session.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--twice", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        print(run(options.cuts, options.seed, int(options.twice)))
    except Violation as error:
        raise SystemExit(f"seed {options.seed}: {error}") from error


if __name__ == "__main__":
    main()
