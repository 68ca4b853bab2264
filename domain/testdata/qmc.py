"""Writes qmc.json: values of low-discrepancy sequences by scipy, to check ours against. Needs numpy and scipy."""
import json
import numpy as np
import scipy
from scipy.stats import qmc

out = {
    "scipy": scipy.__version__,
    "sobol": {d: qmc.Sobol(d, scramble=False).random(64).tolist() for d in range(1, 11)},
    "sobol_64": qmc.Sobol(64, scramble=False).random(32).tolist(),
    "halton": {d: qmc.Halton(d, scramble=False).random(64).tolist() for d in range(1, 11)},
    # Centred L2-star discrepancies of fixed sets.
    "l2star_sobol_2_256": float(qmc.discrepancy(qmc.Sobol(2, scramble=False).random(256), method="L2-star")),
    "l2star_halton_3_100": float(qmc.discrepancy(qmc.Halton(3, scramble=False).random(100), method="L2-star")),
}
with open("qmc.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
