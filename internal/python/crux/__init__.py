"""Partial differential equations solved by physics-informed neural networks.

This package carries the program crux, and calls it; nothing is computed in Python.

    import crux

    run = crux.solve("problem.yaml", accuracy=1e-6)
    run.verdict            # "solved"
    run.u(0.5, 0.25)       # numbers or arrays, broadcast as NumPy does
    run.u(x, y, d="x")     # the derivative by x; "xy" is the mixed one
    run.history            # losses over the steps, as pandas
    run.plot()             # by matplotlib

Problems are YAML files, or dicts of the same structure.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

if TYPE_CHECKING:
    import matplotlib.figure
    import numpy.typing as npt
    import pandas as pd

__all__ = ["CruxError", "Field", "Mistake", "ProblemError", "Run", "binary", "load", "solve"]

try:
    __version__ = version("crux-pinn")
except PackageNotFoundError:  # a checkout
    __version__ = "0"


@dataclass(frozen=True)
class Mistake:
    """A mistake in a problem, with its place in the file."""

    file: str
    line: int  # from 1; 0 without a place
    column: int
    path: str  # such as "constraints.pde.residual"
    message: str
    suggestion: str
    excerpt: str  # the line, and a caret under the column

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        where = f"{self.path}: " if self.path else ""
        way_out = f"; {self.suggestion}" if self.suggestion else ""
        return f"{place}{where}{self.message}{way_out}\n{self.excerpt}".rstrip()


class CruxError(Exception):
    """crux could not do what it was asked for; code is its exit code (crux help exit-codes)."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class ProblemError(CruxError):
    """The problem has mistakes: all of them, with their places."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)), 2)
        self.mistakes = list(mistakes)


def binary() -> str:
    """The path of the program: that of the package, or the one that CRUX_BINARY names."""
    name = "crux.exe" if os.name == "nt" else "crux"
    return os.environ.get("CRUX_BINARY") or str(Path(__file__).parent / "bin" / name)


# Exit codes of runs that have a result: solved, inaccurate, unsolved, ill-posed, and ended by a signal.
_WITH_RESULT = {0, 4, 5, 6, 129, 130, 143}


def solve(
    problem: str | os.PathLike[str] | Mapping[str, Any],
    *,
    accuracy: float | str | None = None,
    steps: int | None = None,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> Run:
    """Train the networks of a problem, and return the run.

    problem is the path of a YAML file, or a dict of the same structure; files that a dict names are found from the current folder.
    settings override values by their dotted path: {"optimizer.0.adam.lr": 1e-3}. out is the folder of the run, runs/NAME-1 and so on
    without it. Ctrl-C ends training and returns what there is, with run.status "canceled"; a second one raises KeyboardInterrupt.

    Mistakes in the problem raise ProblemError, runs that fail or diverge CruxError. A run that is not solved warns: see run.verdict.
    """
    sets = dict(settings or {})
    if accuracy is not None:
        sets["accuracy"] = accuracy
    args = []
    for key, value in sets.items():
        args += ["--set", f"{key}={json.dumps(value)}"]
    for flag, given in ("--steps", steps), ("--seed", seed), ("--out", out):
        if given is not None:
            args += [flag, os.fspath(given) if flag == "--out" else str(int(given))]
    if not isinstance(problem, Mapping):
        return _solve(os.fspath(problem), args, progress)
    name = tempfile.mktemp(prefix=".crux-", suffix=".yaml", dir=".")
    with open(name, "x", encoding="utf-8") as f:
        json.dump(problem, f, indent=1)  # YAML includes JSON
    try:
        return _solve(name, args, progress)
    finally:
        os.remove(name)


def _solve(path: str, args: list[str], progress: bool) -> Run:
    # a group of its own: Ctrl-C is for us, and reaches the program once
    own: dict[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    errors: list[dict[str, Any]] = []
    display = _Display() if progress else None
    interrupted = False
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as printed,
        subprocess.Popen(
            [binary(), "solve", path, "--json", "--log-format", "json", *args],
            stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE, text=True, encoding="utf-8", **own,
        ) as child,
    ):
        assert child.stderr
        while True:
            try:
                for line in child.stderr:
                    event = json.loads(line) if line.startswith("{") else {"level": "ERROR", "msg": line.strip()}
                    if event["level"] == "ERROR":
                        errors.append(event)
                    elif display:
                        display.show(event)
                child.wait()
                break
            except KeyboardInterrupt:
                if interrupted:
                    child.kill()
                    raise
                interrupted = True
                child.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
        printed.seek(0)
        text = printed.read()
    if display:
        display.end()
    if child.returncode not in _WITH_RESULT or not text:
        _fail(errors, child.returncode)
    result = json.loads(text)
    if result["run_dir"] is None:
        _fail(errors, child.returncode)
    run = Run(result["run_dir"], result)
    if child.returncode in (4, 5, 6):
        warnings.warn(errors[-1]["msg"].removeprefix("crux: ") if errors else run.verdict, stacklevel=3)
    return run


def _fail(errors: list[dict[str, Any]], code: int) -> None:
    """Raise what the program has said."""
    keys = "file", "line", "column", "path", "suggestion", "excerpt"
    mistakes = [Mistake(message=e["msg"], **{k: e[k] for k in keys}) for e in errors if "file" in e]
    if mistakes:
        raise ProblemError(mistakes)
    raise CruxError("\n".join(e["msg"].removeprefix("crux: ") for e in errors) or f"crux ended with exit code {code}", code)


def _call(*args: str) -> str:
    """Run a command to its end, and return what it prints."""
    done = subprocess.run(
        [binary(), *args, "--log-format", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False
    )
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        _fail([e for e in events if e["level"] == "ERROR"], done.returncode)
    for e in events:
        if e["msg"].startswith("crux: warning: "):
            warnings.warn(e["msg"].removeprefix("crux: warning: "), stacklevel=4)
    return done.stdout


class _Display:
    """Progress: a line that renews itself in notebooks and terminals, and lines elsewhere."""

    def __init__(self) -> None:
        self.handle = None
        self.terminal = sys.stderr.isatty()
        if "ipykernel" in sys.modules:
            from IPython.display import display

            self.handle = display({"text/plain": ""}, raw=True, display_id=True)

    def show(self, event: dict[str, Any]) -> None:
        text = event["msg"]
        if text == "step":
            text = f"{event['problem']}  step {event['step']}/{event['steps']}  loss {event['loss'] or float('nan'):.3e}  {event['method']}"
            text += "".join(f"  {k} {v:.6g}" for k, v in (event["show"] or {}).items() if v is not None)
        if self.handle:
            self.handle.update({"text/plain": text}, raw=True)
        elif self.terminal:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif event["msg"] == "step":
            print(text, file=sys.stderr)

    def end(self) -> None:
        if self.terminal and not self.handle:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def load(path: str | os.PathLike[str]) -> Run:
    """Open the folder of a run that crux has made."""
    result = Path(path) / "result.json"
    if not result.exists():
        _call("show", os.fspath(path))  # says what is wrong with the path
        raise CruxError(f"{path} has no result yet", 2)
    return Run(path, json.loads(result.read_text(encoding="utf-8")))


class Field:
    """An unknown function of a run: run.u(x, y)."""

    def __init__(self, run: Run, name: str, coords: Sequence[str]) -> None:
        self.run, self.name, self.coords = run, name, tuple(coords)

    def __call__(self, *at: npt.ArrayLike, d: str = "") -> npt.NDArray[np.float64]:
        """Its values at coordinates, in the order of self.coords, broadcast together; d names coordinates by which to differentiate."""
        if len(at) != len(self.coords):
            raise TypeError(f"{self.name} is a function of {', '.join(self.coords)}")
        return self.run.eval(f"{self.name}_{d}" if d else self.name, **dict(zip(self.coords, at)))

    def __repr__(self) -> str:
        return f"<{self.name}({', '.join(self.coords)}) of {self.run.path}>"


class Run:
    """What a run has found. Its fields are attributes: run.u(x, y)."""

    def __init__(self, path: str | os.PathLike[str], result: dict[str, Any]) -> None:
        self.path = Path(path)
        self.result = result  # result.json
        self.status: str = result["status"]  # completed, converged, stopped or canceled
        self.verdict: str = result.get("verdict", "")  # solved, inaccurate, unsolved or ill-posed; "" where nothing can be told
        self.reasons: list[str] = [r["text"] for r in result.get("reasons", [])]
        self.estimate: dict[str, float] = result.get("estimate", {})  # relative error of fields and parameters
        self.params: dict[str, float] = result.get("params", {})  # unknown numbers
        self.coords: dict[str, tuple[float, float]] = {k: (lo, hi) for k, (lo, hi) in result.get("coords", {}).items()}
        self.fields = {name: Field(self, name, of) for name, of in result.get("fields", {}).items()}

    def __getattr__(self, name: str) -> Field:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"the run has no {name}; its fields are {', '.join(fields)}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.fields]

    def __repr__(self) -> str:
        return f"<run {self.path}: {self.verdict or self.status}{''.join('; ' + r for r in self.reasons[:1])}>"

    def eval(self, expr: str, **at: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The values of an expression in the names of the problem, such as "k*u_x", at coordinates that are broadcast together.

        An expression of several components has them along the last axis.
        """
        names, values = list(at), np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in at.values()))
        if not names:
            raise TypeError("coordinates are missing, as in run.eval('u_x', x=0.5, y=0.25)")
        with tempfile.TemporaryDirectory() as folder:
            points, out = Path(folder, "points.npz"), Path(folder, "out.npy")
            np.savez(points, **{k: v.ravel() for k, v in zip(names, values)})
            _call("eval", str(self.path), "--points", str(points), "--expr", expr, "-o", str(out))
            table = np.load(out)[:, len(names) :]
        shape = values[0].shape if table.shape[1] == 1 else (*values[0].shape, table.shape[1])
        return table.reshape(shape)

    @property
    def history(self) -> pd.DataFrame:
        """Losses, parameters and what trackers have measured, by step."""
        import pandas as pd

        return pd.read_csv(self.path / "history.csv", index_col=0).rename_axis("step")

    def plot(self, *exprs: str, grid: int = 101, **at: float) -> matplotlib.figure.Figure:
        """Draw fields, or expressions, over one or two coordinates; others stay at their nearest value in at, or in their middle."""
        import matplotlib.pyplot as plt

        exprs = exprs or tuple(self.fields)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "grid.npy")
            asked = [arg for e in exprs for arg in ("--expr", e)]
            _call("eval", str(self.path), "--grid", str(grid), *asked, "-o", str(out))
            table = np.load(out)
        names = list(self.coords)
        free = [c for c in names if c not in at][:2]
        for j, c in enumerate(names):
            if c not in free:
                ticks = np.unique(table[:, j])
                near = ticks[np.argmin(np.abs(ticks - at.get(c, (ticks[0] + ticks[-1]) / 2)))]
                table = table[table[:, j] == near]
        figure, axes = plt.subplots(1, len(exprs), figsize=(5 * len(exprs), 4), squeeze=False, layout="constrained")
        x, i = np.unique(table[:, names.index(free[0])], return_inverse=True)
        for k, (title, ax) in enumerate(zip(exprs, axes[0])):
            values = table[:, len(names) + k]
            ax.set(title=title, xlabel=free[0])
            if len(free) == 1:
                ax.plot(x, values[np.argsort(i)])
                continue
            y, j = np.unique(table[:, names.index(free[1])], return_inverse=True)
            z = np.full((len(y), len(x)), np.nan)  # stays so in holes
            z[j, i] = values
            ax.set(ylabel=free[1])
            figure.colorbar(ax.pcolormesh(x, y, z, shading="nearest", rasterized=True), ax=ax)
        return figure


def _main() -> int:
    """The command crux."""
    if os.name != "nt":
        os.execv(binary(), ["crux", *sys.argv[1:]])
    return subprocess.call([binary(), *sys.argv[1:]])
