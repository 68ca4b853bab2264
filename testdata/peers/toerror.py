"""What the scripts of "peers -accuracy" share: the question, the problems, and the trace of error over training time.

The question is one line of JSON on standard input, the answer one on standard output. dir holds x (grid points), ref (the
solution there) and points (those that crux trains on at first) as float64, written by crux; every program is judged
on the same grid against the same numbers. "started" is when the process was started, by the same clock as time.time().
"""
import json, math, os, sys, time
import numpy as np

answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)  # what a library prints is no answer


class Case:
    """A problem: its box, and how the unknown u = lift + bound·N is built from the network N. Functions take the module for
    sin and the coordinates."""

    def __init__(self, box, lift, bound, source=None):
        self.box, self.lift, self.bound, self.source = box, lift, bound, source


PI = math.pi
NU = 0.01 / PI
CASES = {
    # −Δu = f on [0, 1]²
    "poisson2d": Case([[0, 1], [0, 1]], lambda m, x, y: 0 * x, lambda m, x, y: x * (1 - x) * y * (1 - y),
                      lambda m, x, y: -2 * PI**2 * m.sin(PI * x) * m.sin(PI * y)),
    # u_t + u u_x = ν u_xx on [0, 1]×[−1, 1]
    "burgers1d": Case([[0, 1], [-1, 1]], lambda m, t, x: -m.sin(PI * x), lambda m, t, x: t * (1 - x * x)),
    # Δu + u = f on [−1, 1]²
    "helmholtz2d": Case([[-1, 1], [-1, 1]], lambda m, x, y: 0 * x, lambda m, x, y: (1 - x * x) * (1 - y * y),
                        lambda m, x, y: (1 - 17 * PI**2) * m.sin(PI * x) * m.sin(4 * PI * y)),
}


def ask():
    q = json.loads(sys.stdin.readline())
    read = lambda name: np.fromfile(os.path.join(q["dir"], name), "<f8")
    q["x"], q["ref"] = read("x").reshape(-1, 2), read("ref")
    q["points"] = read("points").reshape(-1, 2)
    return q


class Trace:
    """The training clock with what was measured by it: it stands while an error is found, and whenever somebody pauses it."""

    def __init__(self, q, values):
        """values() are those of u at q["x"]."""
        self.budget, self.ref, self.values, self.began = q["budget"], q["ref"], values, q["started"]
        self.points, self.running, self.time, self.due, self.startup = [], None, 0.0, 0.0, 0.0

    def start(self):
        """Starts the clock, or lets it go on. What has passed since the process was started, or the clock paused, is start-up."""
        self.startup += time.time() - self.began
        self.running = time.perf_counter()

    def pause(self):
        self.time += time.perf_counter() - self.running
        self.running, self.began = None, time.time()

    def now(self):
        return self.time + (time.perf_counter() - self.running if self.running else 0)

    def look(self, ready=lambda: None):
        """Called after each step; finds the error when the time has grown by 2 % since the last. ready() waits for what has been
        asked of the library so far. Whether the budget is spent."""
        if self.now() < min(self.due, self.budget):
            return False
        ready()
        self.time, self.running = self.now(), None
        d = np.asarray(self.values(), np.float64).ravel() - self.ref
        e = float(np.sqrt(np.sum(d * d) / np.sum(self.ref**2)))  # no BLAS: its threads would go on spinning, in the library's way
        self.points.append([self.time, e if math.isfinite(e) else 1e300])
        self.due = 1.02 * self.time + 0.005
        self.running = time.perf_counter()
        return self.time >= self.budget

    def answer(self, **more):
        print(json.dumps({"startup": self.startup, "trace": self.points, **more}), file=answers, flush=True)
