"""Finds the polynomials of coefficients.go by the Remez exchange algorithm in 60 digits. Needs mpmath.

Each line printed names the polynomial, log2 of the largest weighted error, and the coefficients, lowest first.
"""
import mpmath as mp

mp.mp.dps = 60


def remez(f, weight, a, b, degree, iterations=15, grid=600):
    """Minimises max |weight·(f − p)| over polynomials p of a degree on [a, b]; returns p and that maximum."""
    a, b = mp.mpf(a), mp.mpf(b)
    n = degree + 2
    nodes = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]
    xs = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * mp.mpf(i) / grid) for i in range(grid + 1)]
    fs, ws = [f(x) for x in xs], [weight(x) for x in xs]
    for _ in range(iterations):
        lhs, rhs = mp.matrix(n, n), mp.matrix(n, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                lhs[i, j] = x**j
            lhs[i, degree + 1] = (-1) ** i / weight(x)
            rhs[i] = f(x)
        solution = mp.lu_solve(lhs, rhs)
        p = [solution[j] for j in range(degree + 1)]
        error = [w * (y - mp.polyval(p[::-1], x)) for x, y, w in zip(xs, fs, ws)]
        runs = [[0]]  # stretches of one sign; each gives one node
        for i in range(1, grid + 1):
            if (error[i] >= 0) == (error[runs[-1][-1]] >= 0):
                runs[-1].append(i)
            else:
                runs.append([i])
        peaks = [max(r, key=lambda i: abs(error[i])) for r in runs]
        while len(peaks) > n:
            peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
        worst = max(abs(e) for e in error)
        if len(peaks) < n or abs(worst - abs(solution[degree + 1])) < worst / 100:
            break
        nodes = [xs[i] for i in peaks]
    return p, worst


def show(name, f, weight, a, b, degree64, degree32, hi32=None):
    for bits, degree, top in ((64, degree64, b), (32, degree32, hi32 or b)):
        p, worst = remez(f, weight, a, top, degree)
        mp.mp.prec = 53 if bits == 64 else 24
        rounded = [float(+c) for c in p]
        mp.mp.dps = 60
        print(f"{name}{bits} 2^{mp.nstr(mp.log(worst, 2), 4)} {rounded}")


def near(series, exact, small="1e-12"):
    """exact(x), or a few terms of its series where digits would cancel."""
    return lambda x: series(x) if abs(x) < mp.mpf(small) else exact(x)


def weight_odd(z):
    r = mp.sqrt(z) if z > 0 else mp.mpf("1e-6")
    return r**3 / mp.sin(r)


ln2 = mp.log(2) / 2 * mp.mpf("1.001")
sin = near(lambda z: -mp.mpf(1) / 6 + z / 120, lambda z: (mp.sin(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z) ** 3)
cos = near(lambda z: mp.mpf(1) / 24 - z / 720, lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2)
log = near(lambda z: mp.mpf(2) / 3 + 2 * z / 5, lambda z: (mp.log((1 + mp.sqrt(z)) / (1 - mp.sqrt(z))) / mp.sqrt(z) - 2) / z)
exp = near(lambda r: mp.mpf(1) / 2 + r / 6 + r * r / 24, lambda r: (mp.expm1(r) - r) / r**2)
erf = near(lambda x: 2 / mp.sqrt(mp.pi), lambda x: -mp.log(mp.erfc(x)) / x, "1e-15")

atan = near(lambda z: -mp.mpf(1) / 3 + z / 5, lambda z: (mp.atan(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z) ** 3)
logTail = near(lambda z: mp.mpf(2) / 5 + 2 * z / 7, lambda z: (log(z) - mp.mpf(2) / 3) / z, "1e-9")

show("logTail", logTail, lambda z: z * z + mp.mpf("1e-9"), 0, "0.0401", 7, 2)
show("atan", atan, lambda z: z + mp.mpf("1e-6"), 0, mp.tan(mp.pi / 8) ** 2 * mp.mpf("1.001"), 9, 3)
show("exp", exp, lambda r: abs(r) + mp.mpf("0.001"), -ln2, ln2, 10, 5)
show("log", log, lambda z: z + mp.mpf("1e-6"), 0, "0.0401", 7, 3)
show("sinQuarter", sin, weight_odd, 0, (mp.pi / 4) ** 2 * mp.mpf("1.001"), 5, 2)
show("cosQuarter", cos, lambda z: z * z + mp.mpf("1e-9"), 0, (mp.pi / 4) ** 2 * mp.mpf("1.001"), 5, 2)
show("erf", erf, lambda x: x * mp.erfc(x) / mp.erf(x) + mp.mpf("1e-7") if x > 0 else mp.sqrt(mp.pi) / 2, 0, 6, 25, 9, 4)
