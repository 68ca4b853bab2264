"""Reads a run directory of Weights & Biases with the official client: python dashboard.py FOLDER RUN

First by "wandb leet inspect --summary", then by "wandb sync" to a server on loopback, which must then have every scalar, image and
histogram of expected.json."""

import hashlib
import json
import math
import re
import struct
import sys
from pathlib import Path

from loopback import client, done, summary, upload, uploads, upserts

folder, run = Path(sys.argv[1]), Path(sys.argv[2])
expected = json.loads((folder / "expected.json").read_text())
log = next(run.glob("run-*.wandb"))
ident = log.stem.removeprefix("run-")
shown = client("leet", "inspect", "--summary", str(log))
for want in [rf"run +poisson \({ident}\)", r"project +pinns", r"state +finished \(exit code 0\)", rf"step +{expected['steps']}\b", r"lr +0\.01"]:
    assert re.search(want, shown), (want, shown)

rows = upload(run)
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
