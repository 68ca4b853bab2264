import csv
import matplotlib.pyplot as plt

rows = list(csv.DictReader(open("plate.csv")))
x, y, T = ([float(r[k]) for r in rows] for k in ("x", "y", "T"))
plt.scatter(x, y, c=T, s=4, marker="s")
plt.colorbar(label="T")
plt.gca().set_aspect("equal")
plt.savefig("plate.png", dpi=100)
