#!/usr/bin/env python3
"""Fails the n-th write, sync, truncation, renaming or creation of a file under the server, for every n of a session.

    fault_harness.py [--every 1] [--only N]

A session uploads, submits, watches, deletes and stops. Whatever fails, the server must not die or hang, must answer with a
success or a 5xx, and after a restart on a sound disk everything that it acknowledged must be there, every run that
succeeded in the bits of an undisturbed one.
"""

import argparse
import errno
import os
import pathlib
import sqlite3
import tempfile
import time

from crash_harness import OVER, Violation, expect, request, result
from preload import build
from server import DIGITS, Server, digits

KINDS = [{"FAULT_ERRNO": str(errno.EIO)}, {"FAULT_ERRNO": str(errno.ENOSPC)}, {"FAULT_ERRNO": str(errno.ENOSPC), "FAULT_SHORT": "1"}]
TEMPLATES = (0, 1)


class Session:
    """The same requests each time, over a server of which one call may fail."""

    def __init__(self, library):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-fault-"))
        self.library = library
        self.counter = self.folder / "counter"
        self.counter.write_bytes(bytes(8))
        self.runs, self.datasets, self.gone, self.refused = {}, [], [], []
        self.server = None

    def count(self):
        return int.from_bytes(self.counter.read_bytes(), "little")

    def environment(self, at, kind):
        return os.environ | kind | {
            "LD_PRELOAD": str(self.library), "FAULT_AT": str(at), "FAULT_COUNTER": str(self.counter),
            "FAULT_FOLDER": tempfile.gettempdir() + "/chainrule-test-"}

    def ask(self, ask):
        """A request; its answer when it was acknowledged. What isn't must be the server's fault, and said to be."""
        answer = ask()
        expect(self.server.process.poll() is None, "the server died")
        if 200 <= answer.status < 300:
            return answer
        expect(answer.status >= 500, f"answered {answer.status}: {answer.body}")
        self.refused.append(answer.status)
        return None

    def play(self, at, kind):
        """The session; whether the server started at all."""
        before = dict(os.environ)
        os.environ.update(self.environment(at, kind))
        try:
            self.server = Server()
        except RuntimeError as error:
            expect("the server ended" in str(error), str(error))
            return False
        finally:
            os.environ.clear()
            os.environ.update(before)
        server = self.server
        train = self.ask(lambda: server.upload(DIGITS, digits()[0]))
        extra = self.ask(lambda: server.upload("format=csv&target=y", b"a,b,y\n1,2,x\n3,4,z\n5,6,x\n"))
        if train:
            self.datasets.append(train.json["id"])
            for template in TEMPLATES:
                body = request(train.json["id"], template)
                if answer := self.ask(lambda body=body: server.post("/v1/runs", body)):
                    self.runs[answer.json["id"]] = template
        if extra:
            path = f"/v1/datasets/{extra.json['id']}"
            (self.gone if self.ask(lambda: server.curl(path, "-X", "DELETE")) else []).append(path)
        for run in self.runs:
            end = time.monotonic() + 30
            while self.ask(lambda run=run: server.get(f"/v1/runs/{run}")).json["state"] not in OVER:
                expect(time.monotonic() < end, f"{run} isn't over after 30 s")
                time.sleep(0.03)
        expect(server.stop() == 0, "SIGTERM didn't end it with 0")
        return True

    def verify(self, expected):
        """On a sound disk, what was acknowledged."""
        server = self.server
        server.start()
        for dataset in self.datasets:
            expect(server.get(f"/v1/datasets/{dataset}").status == 200, "an acknowledged dataset is gone")
        for path in self.gone:
            expect(server.get(path).status == 404, "a deleted dataset is there")
        for run, template in self.runs.items():
            shown = server.wait_for(run)
            if shown["state"] == "succeeded":
                expect(result(server, run) == expected[template], f"{run} ended in other bits")
            else:
                expect(shown["state_reason"] in ("disk_full", "worker_lost"), f"{shown['state_reason']}: {shown['error']}")
        expect(server.stop() == 0, "SIGTERM didn't end it with 0")
        with sqlite3.connect(server.folder / "data/chainrule.sqlite") as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
            expect(found == [("ok",)], f"integrity_check says {found[:3]}")

    def close(self):
        if self.server:
            self.server.close()


def undisturbed(library):
    """How many calls a session has, and what its runs come to."""
    session = Session(library)
    try:
        expect(session.play(0, KINDS[0]), "the server doesn't start")
        calls = session.count()
        session.server.start()
        found = {template: result(session.server, run) for run, template in session.runs.items()}
        return calls, found
    finally:
        session.close()


def run(places):
    """Plays the session with each of some calls failed: `places` chooses them from their number."""
    with tempfile.TemporaryDirectory() as folder:
        library = build("faults", folder)
        calls, expected = undisturbed(library)
        started = refused = 0
        chosen = places(calls)
        for place in chosen:
            session = Session(library)
            try:
                kind = KINDS[place % len(KINDS)]
                if session.play(place, kind):
                    started += 1
                    session.verify(expected)
                refused += len(session.refused)
            except Violation as violation:
                raise Violation(f"call {place} of about {calls}, {kind}: {violation}") from violation
            finally:
                session.close()
        return (
            f"{len(chosen)} of about {calls} calls failed, one a session: {started} servers started, {refused} requests refused "
            "with 5xx, nothing acknowledged lost")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    try:
        print(run(lambda calls: [options.only] if options.only else list(range(1, calls + 1, options.every))))
    except Violation as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
