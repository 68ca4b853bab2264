"""Are images and histograms spread over the whole run? python spacing.py BOARD RUN STEPS [KEY ...]

Reads the event files in the folder BOARD with TensorBoard's EventAccumulator and uploads the W&B directory RUN with "wandb sync". Both must have at least 20
of them under each key, no two further apart than a tenth of the STEPS, and neither the first nor the last further from the ends. Both have
the same scalars, those under each KEY among them, and W&B knows how the run ended."""

import sys
from pathlib import Path

from loopback import summary, upload
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

board, run, end, keys = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
acc = EventAccumulator(str(board), size_guidance={"scalars": 0, "images": 0, "histograms": 0}, purge_orphaned_data=True)
acc.Reload()
rows = upload(run)
images = {
    "tensorboard": {k: [i.step for i in acc.Images(k)] for k in acc.Tags()["images"]} | {k: [h.step for h in acc.Histograms(k)] for k in acc.Tags()["histograms"]},
    "wandb": {},
}
scalars = {"tensorboard": set(acc.Tags()["scalars"]), "wandb": set()}
for r in rows:
    for k, v in r.items():
        if isinstance(v, dict) and v["_type"] in ("image-file", "histogram"):
            images["wandb"].setdefault(k, []).append(r["_step"])
        elif not isinstance(v, dict) and not k.startswith("_"):
            scalars["wandb"].add(k)
for where, by_key in images.items():
    assert by_key, where
    for key, steps in sorted(by_key.items()):
        gap = max(b - a for a, b in zip([0, *steps], [*steps, end]))
        print(f"{where:11} {key:45} {len(steps):4}, at most {gap} of {end} steps apart")
        assert steps == sorted(set(steps)), (where, key, steps)
        assert len(steps) >= 20 and gap <= end / 10, (where, key, steps)
    missing = set(keys) - scalars[where]
    assert not missing, (where, missing)
assert scalars["wandb"] == scalars["tensorboard"], scalars["wandb"] ^ scalars["tensorboard"]
print(f"{len(rows)} steps, {len(scalars['wandb'])} scalars in both; status {summary['status']}: {summary['reason']}")
