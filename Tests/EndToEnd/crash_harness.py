#!/usr/bin/env python3
"""Kills the server at random moments over mixed work, and looks whether anything acknowledged was lost or doubled.

    crash_harness.py [--kills 300] [--seed N] [--isolation thread|process]

A client uploads, submits, pauses, resumes, cancels, stops and deletes while the server is killed with SIGKILL and started
again. What the server acknowledged is kept in a ledger; a request that a kill cut off may have happened or not, at most
once. At the end every run that was let be must have ended in the bits of one that was never disturbed, and every
request with a key, asked again, must be given its first answer.
"""

import argparse
import collections
import hashlib
import json
import random
import signal
import sqlite3
import threading
import time

from server import DIGITS, Server, digits, digits_run

MLP = {
    "input": {"shape": [1, 8, 8]},
    "layers": [
        {"type": "flatten"}, {"type": "dense", "units": 32, "activation": "relu"}, {"type": "dropout", "rate": 0.2},
        {"type": "batch_norm"}, {"type": "dense", "units": 10}]}
TEMPLATES = [
    {"training": {"epochs": 6, "optimizer": {"type": "adam", "learning_rate": 0.002}}, "model": MLP},
    {"training": {"epochs": 8, "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
                  "checkpoint": {"every_steps": 20, "keep": 2}}, "model": MLP},
    {"training": {"epochs": 9, "validation": {"fraction": 0.2}, "checkpoint": {"every_seconds": 0.1},
                  "early_stopping": {"patience": 2, "restore_best": True}}, "model": MLP},
    {"training": {"epochs": 1}},
    {"training": {"epochs": 2, "checkpoint": {"every_steps": 7}, "schedule": {"type": "cosine", "warmup_steps": 5}}},
    # Whose steps are so long that a kill comes between a wish and its effect.
    {"training": {"epochs": 4, "batch_size": 1024}},
]
OVER = ("succeeded", "failed", "cancelled")
MOST_WAITING = 12
# Answers to requests with a key that are kept to be asked for again, and uploads that are sent more than once.
MOST_KEPT = 60
SAME = ["a,b,y\n" + "".join(f"{i % 7},{i},{'xz'[i % 2]}\n" for i in range(rows)) for rows in (30, 3_000)]


class Violation(Exception):
    """The server broke its word."""


def expect(holds, what):
    if not holds:
        raise Violation(what)


def request(dataset, template):
    body = digits_run(dataset, **TEMPLATES[template]["training"])
    body["model"] = TEMPLATES[template].get("model", body["model"])
    return body


class Client:
    """Asks for random things, and keeps what was acknowledged."""

    def __init__(self, server, dataset, chance):
        self.server, self.dataset, self.chance = server, dataset, chance
        self.runs, self.datasets = {}, {}
        self.deleted, self.perhaps_deleted = set(), set()
        # Runs that were told to stop, cancel, or that may have been.
        self.meddled = set()
        # Requests that a kill cut off, by their key; each is asked again.
        self.cut = collections.deque()
        self.refused = collections.Counter()
        # First answers to requests with a key; the attempt in which a run was told to cancel, stop or pause.
        self.answered = collections.deque(maxlen=MOST_KEPT)
        self.told, self.paused = {}, {}
        # What the server forgot or left; all of it is said at the end.
        self.faults = {}
        # Set when a kill would come at a good time.
        self.moment = threading.Event()

    def act(self):
        """One random request; `RuntimeError` when the server died under it."""
        if self.cut:
            return self.again()
        kinds = [self.submit] * 5 + [
            self.upload, self.pause, self.resume, self.resume, self.end, self.delete, self.look, self.repeat]
        return self.chance.choice(kinds)()

    def again(self):
        kind, key, make, note = self.cut[0]
        answer = make(key)
        if answer.status == 503:
            # It is starting.
            return
        self.cut.popleft()
        expect(answer.status in (201, 202), f"{kind} with key {key}, asked again, answered {answer.status}: {answer.body}")
        note(answer)
        self.answered.append((kind, key, make, answer))

    def keyed(self, kind, make, note):
        key = f"{kind}-{self.chance.getrandbits(64):x}"
        try:
            answer = make(key)
        except RuntimeError:
            self.cut.append((kind, key, make, note))
            raise
        if answer.status in (201, 202):
            note(answer)
            self.answered.append((kind, key, make, answer))
            if self.chance.random() < 0.2:
                self.repeat(-1)
        else:
            self.refused[answer.status] += 1

    def repeat(self, place=None):
        """A key answers the same for ever, also for what was deleted since."""
        if self.answered:
            kind, key, make, first = self.answered[place] if place is not None else self.chance.choice(self.answered)
            again = make(key)
            if again.status != 503:
                expect((again.status, again.body) == (first.status, first.body),
                       f"{kind} with key {key} answered {first.body}, and later {again.status}, {again.body}")

    def submit(self):
        waiting = self.server.get("/v1/runs?state=queued&limit=50").json["data"]
        if len(waiting) >= MOST_WAITING:
            return self.look()
        template = self.chance.randrange(len(TEMPLATES))

        def make(key):
            body = request(self.dataset, template) | {"name": key}
            return self.server.post("/v1/runs", body, "-H", f"Idempotency-Key: {key}")

        def note(answer):
            self.runs[answer.json["id"]] = template

        return self.keyed("submit", make, note)

    def upload(self):
        rows = self.chance.choice([20, 200, 20_000])
        text = "a,b,y\n" + "".join(f"{self.chance.random():.4f},{i},{'xz'[i % 2]}\n" for i in range(rows))
        if self.chance.random() < 0.4:
            text = self.chance.choice(SAME)

        def make(key):
            return self.server.curl(
                f"/v1/datasets?format=csv&target=y&name={key}", "-X", "POST", "-H", "Content-Type: application/octet-stream",
                "-H", f"Idempotency-Key: {key}", "--data-binary", "@-", data=text.encode())

        def note(answer):
            self.datasets[answer.json["id"]] = hashlib.sha256(text.encode()).hexdigest()

        return self.keyed("upload", make, note)

    def some_run(self):
        return self.chance.choice(sorted(self.runs)[-20:]) if self.runs else None

    def pause(self):
        if run := self.some_run():
            answer = self.server.post(f"/v1/runs/{run}:pause", b"")
            if answer.status == 200 and run not in self.meddled:
                self.paused[run] = answer.json["attempt"]
            self.perhaps_now()

    def perhaps_now(self):
        if self.chance.random() < 0.3:
            self.moment.set()

    def resume(self):
        for run in self.server.get("/v1/runs?state=paused&limit=50").json["data"]:
            self.paused.pop(run["id"], None)
            self.server.post(f"/v1/runs/{run['id']}:resume", b"")
        for run, attempt in self.paused.items():
            shown = self.server.get(f"/v1/runs/{run}")
            if shown.status == 200 and shown.json["attempt"] > attempt:
                self.faults[run] = f"{run} was told to pause in attempt {attempt}, and went on in a later one"

    def end(self):
        if (run := self.some_run()) and self.chance.random() < 0.4:
            self.meddled.add(run)
            verb = self.chance.choice(["cancel", "stop"])
            self.paused.pop(run, None)
            answer = self.server.post(f"/v1/runs/{run}:{verb}", b"")
            # A stronger wish goes before: a run that was told to cancel stays so.
            if answer.status == 200 and self.told.get(run, ("",))[0] != "cancel":
                self.told[run] = (verb, answer.json["attempt"])
            self.perhaps_now()

    def delete(self):
        state = self.chance.choice(["succeeded", "succeeded", "cancelled"])
        over = [run["id"] for run in self.server.get(f"/v1/runs?state={state}&limit=50").json["data"]]
        known = [f"/v1/runs/{run}" for run in over if run in self.runs]
        known += [f"/v1/datasets/{dataset}" for dataset in self.datasets]
        if not known or self.chance.random() < 0.6:
            return None
        path = self.chance.choice(known)
        self.perhaps_deleted.add(path)
        if self.server.curl(path, "-X", "DELETE").status == 204:
            self.deleted.add(path)

    def look(self):
        """What was acknowledged is there at any time."""
        paths = [f"/v1/runs/{run}" for run in self.runs] + [f"/v1/datasets/{dataset}" for dataset in self.datasets]
        if paths:
            self.check(self.chance.choice(paths))

    def check(self, path):
        known_deleted, unsure = path in self.deleted, path in self.perhaps_deleted
        status = self.server.get(path).status
        if known_deleted:
            expect(status == 404, f"{path} was deleted, and answers {status}")
        elif not unsure:
            expect(status == 200, f"{path} was acknowledged, and answers {status}")
        return status == 200


def losses(server, run):
    series = server.get(f"/v1/runs/{run}/metrics?names=train_loss&max_points=10000").json["series"][0]["points"]
    return [(step, value) for step, value, _ in series]


def events(server, run):
    lines = server.get(f"/v1/runs/{run}/events", "-H", "Accept: application/x-ndjson").body.splitlines()
    return [json.loads(line) for line in lines]


def epochs(told):
    return [event["data"]["epoch"] for event in told if event["type"] == "epoch"]


def result(server, run):
    weights = server.get(f"/v1/runs/{run}/weights").body
    return hashlib.sha256(weights).hexdigest(), losses(server, run), epochs(events(server, run))


def references(flags):
    """What each template comes to undisturbed."""
    server = Server(*flags)
    try:
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        found = []
        for template in range(len(TEMPLATES)):
            answer = server.post("/v1/runs", request(dataset, template))
            expect(answer.status == 202, answer.body)
            expect(server.wait_for(answer.json["id"])["state"] == "succeeded", "an undisturbed run didn't succeed")
            found.append(result(server, answer.json["id"]))
        return found
    finally:
        server.close()


def everything(server, path):
    rows, cursor = [], ""
    while True:
        page = server.get(f"{path}?limit=100{cursor}").json
        rows += page["data"]
        if not page.get("next_cursor"):
            return rows
        cursor = f"&cursor={page['next_cursor']}"


def disturb(server, client, kills, chance):
    """Kills the server so often while the client goes on; both are bounded."""
    fault, stop = [], threading.Event()

    def work():
        while not stop.is_set():
            try:
                client.act()
            except RuntimeError:
                time.sleep(0.02)
            except Exception as error:
                # Of whatever kind: a client that ends in silence would leave nothing to be lost.
                fault.append(error)
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for kill in range(kills):
            client.moment.wait(chance.uniform(0, 0.8) if chance.random() < 0.8 else chance.uniform(0, 0.05))
            client.moment.clear()
            server.kill()
            if chance.random() < 0.1:
                stumble(server, chance.uniform(0, 0.06))
            server.start()
            if fault:
                break
    finally:
        stop.set()
        worker.join(130)
    expect(not worker.is_alive(), "a request hangs")
    if fault:
        raise fault[0]


def stumble(server, seconds):
    """Starts the server and kills it before it is ready, if that takes long enough."""
    last = server.process

    def strike():
        while server.process is last:
            time.sleep(0.001)
        time.sleep(seconds)
        server.process.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=strike)
    killer.start()
    try:
        server.start()
    except RuntimeError:
        pass
    killer.join()
    status = server.process.wait()
    expect(status == -signal.SIGKILL, f"the server ended with {status} while it started")


def settle(server, client):
    """Lets all that is left come to its end."""
    while client.cut:
        client.again()
    end = time.monotonic() + 300
    while time.monotonic() < end:
        client.resume()
        if not any(server.get(f"/v1/runs?state={state}&limit=1").json["data"] for state in ("queued", "running", "paused")):
            return
        time.sleep(0.1)
    raise Violation("runs are still not over after five minutes")


def verify(server, client, expected):
    """Everything that was acknowledged, once, and in the bits of an undisturbed run."""
    for place in range(len(client.answered)):
        client.repeat(place)
    for dataset, digest in client.datasets.items():
        if client.check(f"/v1/datasets/{dataset}"):
            content = server.get(f"/v1/datasets/{dataset}/content").body
            expect(hashlib.sha256(content).hexdigest() == digest, f"{dataset} has other bytes than were uploaded")
    for kind, acknowledged in (("runs", client.runs), ("datasets", {**client.datasets, client.dataset: ""})):
        rows = everything(server, f"/v1/{kind}")
        ids, names = [row["id"] for row in rows], [row["name"] for row in rows]
        expect(len(ids) == len(set(ids)), f"one of the {kind} is in the list twice")
        expect(len(names) == len(set(names)), f"one of the {kind} was made twice")
        expect(not set(ids) - set(acknowledged), f"{kind} nobody was told of: {set(ids) - set(acknowledged)}")
        for one in acknowledged:
            path = f"/v1/{kind}/{one}"
            expect(one in ids or path in client.perhaps_deleted, f"{path} isn't in the list")
            expect(one not in ids or path not in client.deleted, f"{path} was deleted, and is in the list")
    interrupted = attempts = compared = 0
    for run, template in client.runs.items():
        if not client.check(f"/v1/runs/{run}"):
            continue
        shown = server.get(f"/v1/runs/{run}").json
        attempts += shown["attempt"]
        interrupted += shown["attempt"] > 1
        expect(shown["state"] in OVER, f"{run} is {shown['state']}")
        if run in client.meddled:
            expect(shown["state"] in ("succeeded", "cancelled"), f"{run} is {shown['state']}: {shown['error']}")
        else:
            expect(shown["state"] == "succeeded", f"{run} is {shown['state']}: {shown['error']}")
        points = losses(server, run) if shown["progress"]["step"] else []
        steps = [step for step, _ in points]
        expect(steps == list(range(1, len(steps) + 1)), f"{run}: its steps have gaps or doubles")
        expect(points == expected[template][1][:len(points)], f"{run}, of template {template}, has other losses")
        told = events(server, run)
        numbers = [event["id"] for event in told if event.get("id") is not None]
        expect(numbers == sorted(set(numbers)), f"{run}: its events are out of order")
        expect(epochs(told) == list(range(1, len(epochs(told)) + 1)), f"{run}: its epochs are told as {epochs(told)}")
        ends = [place for place, event in enumerate(told) if event["type"] == "end"]
        expect(ends == [len(told) - 1], f"{run}: its events have their end at {ends} of {len(told)}")
        verb, attempt = client.told.get(run, ("", 0))
        kept = {"": True, "cancel": shown["state"] == "cancelled", "stop": shown["state_reason"] in ("stopped", "cancelled")}
        if not kept[verb] and shown["attempt"] > attempt:
            # In the same attempt it came to its own end before the wish did.
            client.faults[run] = f"{run} was told to {verb} in attempt {attempt}, and is {shown['state']} in a later one"
        if run not in client.meddled:
            compared += 1
            expect(result(server, run) == expected[template], f"{run}, of template {template}, ended in other bits")
    return interrupted, attempts, compared


def run(kills, seed, isolation="thread"):
    """The whole; `Violation` for any word that the server broke. Returns what was done, in a sentence."""
    chance = random.Random(seed)
    flags = ["--isolation", isolation]
    expected = references(flags)
    server = Server(*flags)
    try:
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        client = Client(server, dataset, random.Random(seed + 1))
        disturb(server, client, kills, chance)
        settle(server, client)
        interrupted, attempts, compared = verify(server, client, expected)
        expect(server.stop() == 0, "SIGTERM didn't end it with 0")
        with sqlite3.connect(server.folder / "data/chainrule.sqlite") as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
            expect(found == [("ok",)], f"integrity_check says {found[:3]}")
            expect(not database.execute("PRAGMA foreign_key_check").fetchall(), "rows point to none")
            contents = {row[0] for row in database.execute("SELECT DISTINCT content FROM dataset")}
        for folder, names in (("datasets", contents), ("uploads", set())):
            there = {path.name for path in (server.folder / "data" / folder).iterdir()}
            if there != names:
                client.faults[folder] = f"{folder}: {len(there - names)} folders nothing names, {len(names - there)} gone"
        expect(not client.faults, "\n".join(client.faults.values()))
        return (
            f"{kills} kills: {len(client.runs)} runs, {interrupted} of them interrupted, {attempts} attempts, {compared} "
            f"compared bit by bit; {len(client.datasets)} datasets; {len(client.deleted)} deletions; nothing lost or doubled")
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--isolation", choices=["thread", "process"], default="thread")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        print(run(options.kills, options.seed, options.isolation))
    except Violation as error:
        raise SystemExit(f"seed {options.seed}: {error}") from error


if __name__ == "__main__":
    main()
