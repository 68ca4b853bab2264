"""Writes official.wandb.gz with the client's own writer (wandb 0.31.0), offline. Run it in an empty folder."""

import gzip
from pathlib import Path

import numpy as np
import wandb

settings = wandb.Settings(
    mode="offline", console="off", silent=True, disable_git=True, disable_code=True,
    x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True,
)
run = wandb.init(project="p", name="n", config={"lr": 1e-3, "long": "x" * 70000}, settings=settings)
for i in range(3):
    run.log({"loss": 1 / (i + 1), "explainability/gradient_alignment": -0.25}, step=10 * i)
run.log({"h": wandb.Histogram(np_histogram=([1, 2, 3], [0, 1, 2, 3]))}, step=40)
run.log({"explainability/img": wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8))}, step=50)
run.finish()
log = next(Path("wandb").glob("offline-run-*/run-*.wandb"))
(Path(__file__).parent / "official.wandb.gz").write_bytes(gzip.compress(log.read_bytes(), 9))
