"""Reads a run directory of Weights & Biases with the official client: python dashboard.py FOLDER RUN

First by "wandb leet inspect --summary", then by "wandb sync" to a server of our own on loopback, which answers the few questions
that the client asks and keeps what it uploads. That must be every scalar, image and histogram of expected.json."""

import gzip
import hashlib
import json
import math
import os
import re
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

folder, run = Path(sys.argv[1]), Path(sys.argv[2])
expected = json.loads((folder / "expected.json").read_text())
history, summary, uploads, upserts, done = {}, {}, {}, [], []


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        b = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        while self.headers.get("Transfer-Encoding") == "chunked":
            n = int(self.rfile.readline(), 16)
            b += self.rfile.read(n)
            self.rfile.readline()
            if n == 0:
                break
        return gzip.decompress(b) if self.headers.get("Content-Encoding") == "gzip" else b

    def reply(self, answer):
        b = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)

    def do_GET(self):
        self.reply({})

    def do_PUT(self):
        uploads[self.path.removeprefix("/storage/")] = self.body()
        self.reply({})

    def do_POST(self):
        q = json.loads(self.body())
        if self.path.endswith("/file_stream"):
            for name, part in (q.get("files") or {}).items():
                for i, line in enumerate(part["content"]):
                    if name == "wandb-history.jsonl":
                        history[part["offset"] + i] = json.loads(line)
                    elif name == "wandb-summary.json":
                        summary.update(json.loads(line))
            if q.get("complete"):
                done.append(q["exitcode"])
            self.reply({})
        elif "upsertBucket" in q["query"]:
            upserts.append(q["variables"])
            self.reply({"data": {"upsertBucket": {"inserted": True, "bucket": {
                "id": "1", "name": q["variables"]["name"], "displayName": "", "description": "", "config": "{}", "sweepName": None,
                "project": {"id": "1", "name": "pinns", "entity": {"id": "1", "name": "us"}}, "historyLineCount": 0}}}})
        elif "createRunFiles" in q["query"]:
            base = f"http://127.0.0.1:{self.server.server_port}/storage/"
            self.reply({"data": {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": [
                {"name": f, "uploadUrl": base + f} for f in q["variables"]["files"]]}}})
        else:
            self.reply({"data": {}})


def client(*args, **env):
    p = subprocess.run([Path(sys.executable).parent / "wandb", *args], env=os.environ | env, capture_output=True, text=True, timeout=90, check=False)
    assert p.returncode == 0, p.stdout + p.stderr
    return p.stdout + p.stderr


log = next(run.glob("run-*.wandb"))
ident = log.stem.removeprefix("run-")
shown = client("leet", "inspect", "--summary", str(log))
for want in [rf"run +poisson \({ident}\)", r"project +pinns", r"state +finished \(exit code 0\)", rf"step +{expected['steps']}\b", r"lr +0\.01"]:
    assert re.search(want, shown), (want, shown)

server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.handle_error = lambda *_: None  # the client drops its connections when it ends
threading.Thread(target=server.serve_forever, daemon=True).start()
client("sync", str(run), WANDB_BASE_URL=f"http://127.0.0.1:{server.server_port}", WANDB_API_KEY="0" * 40)
server.shutdown()

rows = [history[i] for i in sorted(history)]
steps = [r["_step"] for r in rows]
assert steps == list(range(expected["steps"] + 1)), steps
assert done == [0], done
first = upserts[0]
assert (first["name"], first["project"], first["displayName"], first["notes"], first["tags"]) == (ident, "pinns", "poisson", "a test", ["test"]), first
assert json.loads(first["config"])["lr"] == {"value": 0.01}, first


def same(got, want):
    return got == want or want is None and (got in ("NaN", "Infinity", "-Infinity") or not math.isfinite(got))


for key, values in expected["scalars"].items():
    got = [(r["_step"], r[key]) for r in rows if key in r]
    assert [s for s, _ in got] == [s for s, _ in values], (key, got, values)
    assert all(same(g, w) for (_, g), (_, w) in zip(got, values)), (key, got, values)
    assert key in summary, (key, summary)
    assert same(summary[key], values[-1][1]), (key, summary[key])

images = dict(expected["images"])
images |= {key: h["steps"] for key, h in expected["histograms"].items()} | {"explainability/saliency/histogram": [0, 10, 20]}
for key, at in images.items():
    got = {r["_step"]: r[key] for r in rows if key in r}
    assert sorted(got) == at, (key, sorted(got), at)
    for i in got.values():
        png = uploads[i["path"]]
        assert i["_type"] == "image-file" and i["format"] == "png" and i["size"] == len(png)
        assert hashlib.sha256(png).hexdigest() == i["sha256"]
        assert struct.unpack(">II", png[16:24]) == (i["width"], i["height"])
spectra = 0
for key, at in {"explainability/ntk/spectrum_hist": [0, 10, 20], "explainability/ntk/spectrum_hist@2": [0, 15]}.items():
    got = {r["_step"]: r[key] for r in rows if key in r}
    assert sorted(got) == at, (key, sorted(got))
    for h in got.values():
        assert h["_type"] == "histogram" and len(h["bins"]) == len(h["values"]) + 1 <= 513 and sum(h["values"]) == 20, h
        spectra += 1
print(f"wandb: {len(rows)} steps, {len(expected['scalars'])} scalars, {len(uploads)} files uploaded, {spectra} spectra")
