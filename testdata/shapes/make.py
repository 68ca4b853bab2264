"""Writes the files of this folder with programs that others have written, and what they say of them into answers.json.

    pip install ezdxf==1.4.5 gmsh==4.15.2 svgpathtools shapely && python make.py
"""
import json, math, os
import ezdxf, shapely
from ezdxf import path as dxfpath
from shapely.ops import polygonize
import svgpathtools as svg

os.chdir(os.path.dirname(os.path.abspath(__file__)))
answers = {}


def dxf(name, draw, version="R2010"):
    doc = ezdxf.new(version)
    doc.header["$INSUNITS"] = 4
    draw(doc, doc.modelspace())
    doc.saveas(name)
    lines = []
    for e in doc.modelspace():
        if e.dxftype() in ("TEXT", "POINT", "DIMENSION", "MTEXT"):
            continue
        points = list(dxfpath.make_path(e).flattening(1e-7, 64))
        lines.append(shapely.LineString([(round(p.x, 7), round(p.y, 7)) for p in points]))
    area = 0.0
    for p in sorted(polygonize(shapely.unary_union(lines)), key=lambda p: -shapely.Polygon(p.exterior).area):
        area += p.area if inside(p, lines) else 0.0
    answers[name] = {"area": area}


def inside(p, lines):
    """By the even-odd rule: a ray from a point crosses an odd number of curves."""
    q = p.representative_point()
    ray = shapely.LineString([(q.x, q.y), (q.x + 1e4, q.y + 1e-3 * 1e4 * 0.7312)])
    n = 0
    for l in lines:
        x = ray.intersection(l)
        n += 0 if x.is_empty else len(getattr(x, "geoms", [x]))
    return n % 2 == 1


def bracket(doc, m):
    """An angle bracket: fixed at the top, pulled at the right, with a fillet of radius 10 in the corner and a bolt hole. In millimetres."""
    for layer in ("fixed", "load", "hole"):
        doc.layers.add(layer)
    q = math.tan(math.pi / 8)
    m.add_lwpolyline([(40, 100, 0), (40, 50, q), (50, 40, 0), (100, 40, 0)], format="xyb")
    m.add_line((100, 40), (100, 0), dxfattribs={"layer": "load"})
    m.add_lwpolyline([(100, 0, 0), (10, 0, -q), (0, 10, 0), (0, 100, 0)], format="xyb")
    m.add_line((0, 100), (40, 100), dxfattribs={"layer": "fixed"})
    m.add_circle((20, 20), 8, dxfattribs={"layer": "hole"})
    m.add_text("bracket", dxfattribs={"height": 5})


def everything(doc, m):
    """Every kind of curve once."""
    doc.layers.add("arc")
    doc.layers.add("spline")
    m.add_line((0, 0), (4, 0))
    m.add_arc((4, 1), 1, 270, 90, dxfattribs={"layer": "arc"})
    s = m.add_spline(dxfattribs={"layer": "spline"})
    s.control_points = [(4, 2, 0), (3, 3, 0), (2, 1.5, 0), (1, 3, 0), (0, 2, 0)]
    s.knots = [0, 0, 0, 0, 0.5, 1, 1, 1, 1]
    s.dxf.degree = 3
    m.add_line((0, 2), (0, 0))
    m.add_ellipse((1, 1), major_axis=(0.4, 0.2), ratio=0.5)
    m.add_circle((3.9, 1), 0.3)
    m.add_lwpolyline([(2, 0.5, 0), (3, 0.5, 1), (3, 1, 0), (2, 1, 1)], format="xyb", close=True)
    m.add_polyline2d([(2.2, 1.2), (2.8, 1.2), (2.5, 1.5)], close=True)
    m.add_point((9, 9))


dxf("bracket.dxf", bracket)
dxf("everything.dxf", everything)
dxf("everything_r12.dxf", lambda doc, m: (m.add_polyline2d([(0, 0), (2, 0), (2, 1)], close=True), m.add_circle((1.5, 0.4), 0.1)), "R12")

paths = {
    "arcs": "M 10 10 h 20 a 5 5 0 0 1 5 5 v 10 A 8 4 30 1 0 20 30 L 10 28 z",
    "cubic": "m10,10c5-5 15-5 20 0s15 5 20 0v20c-5 5-15 5-20 0S15 25 10 30Z",
    "quadratic": "M10 30Q20 20 30 30T50 30L50.5.5e2-10 50z",
    "flags": "M50 50a20 10 0 1120 10l-5.5.5z",
}
for name, d in paths.items():
    with open(f"{name}.svg", "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80"><g transform="translate(3 4) rotate(20) scale(1.5 .5)"><path id="{name}" d="{d}"/></g></svg>\n')
    p = svg.parse_path(d)
    area = 0.0
    for s in p:
        n = 4000
        pts = [s.point(i / n) for i in range(n + 1)]
        area += sum((a.real * b.imag - b.real * a.imag) / 2 for a, b in zip(pts, pts[1:]))
    answers[f"{name}.svg"] = {"area": abs(area) * 0.75}

with open("answers.json", "w") as f:
    json.dump(answers, f, indent=1, sort_keys=True)


def gmsh_files():
    import gmsh

    gmsh.initialize()
    gmsh.option.setNumber("General.Terminal", 0)

    def save(name, version=4.1, binary=0):
        gmsh.option.setNumber("Mesh.MshFileVersion", version)
        gmsh.option.setNumber("Mesh.Binary", binary)
        gmsh.write(name)

    # a plate of two materials with a hole: 2×1, the right half of another material
    gmsh.model.add("plate")
    o = gmsh.model.occ
    a, b = o.addRectangle(0, 0, 0, 1, 1), o.addRectangle(1, 0, 0, 1, 1)
    hole = o.addDisk(0.5, 0.5, 0, 0.25, 0.25)
    a = o.cut([(2, a)], [(2, hole)])[0][0][1]
    o.fragment([(2, a)], [(2, b)])
    o.synchronize()
    def curves(*box):
        return [t for d, t in gmsh.model.getEntitiesInBoundingBox(box[0] - 1e-3, box[1] - 1e-3, -1, box[2] + 1e-3, box[3] + 1e-3, 1, 1)]
    gmsh.model.addPhysicalGroup(1, curves(0, 0, 0, 1), name="left")
    gmsh.model.addPhysicalGroup(1, curves(2, 0, 2, 1), name="right side")
    gmsh.model.addPhysicalGroup(1, curves(1, 0, 1, 1), name="joint")
    gmsh.model.addPhysicalGroup(1, curves(0.25, 0.25, 0.75, 0.75), name="hole")
    gmsh.model.addPhysicalGroup(2, [t for d, t in gmsh.model.getEntitiesInBoundingBox(-1e-3, -1e-3, -1, 1.001, 1.001, 1, 2)], name="steel")
    gmsh.model.addPhysicalGroup(2, [t for d, t in gmsh.model.getEntitiesInBoundingBox(0.999, -1e-3, -1, 2.001, 1.001, 1, 2)], name="copper")
    gmsh.option.setNumber("Mesh.MeshSizeMax", 0.2)
    gmsh.model.mesh.generate(2)
    tags, _, _ = gmsh.model.mesh.getElementsByType(2)[0], 0, 0
    area = float(sum(gmsh.model.mesh.getElementQualities(tags, "volume")))
    save("plate.msh")
    save("plate_binary.msh", binary=1)
    save("plate_22.msh", version=2.2)
    for name in ("plate.msh", "plate_binary.msh"):
        answers[name] = {"area": area}

    # a bent pipe: a quarter of a torus with a bore, from the inlet at y = 0 to the outlet at x = 0
    gmsh.model.add("pipe")
    outer = o.addTorus(0, 0, 0, 1, 0.3, angle=math.pi / 2)
    inner = o.addTorus(0, 0, 0, 1, 0.2, angle=math.pi / 2)
    o.cut([(3, outer)], [(3, inner)])
    o.synchronize()
    def at(dim, test):
        return [t for d, t in gmsh.model.getEntities(dim) if test(gmsh.model.occ.getCenterOfMass(d, t), gmsh.model.occ.getMass(d, t))]
    ends = math.pi * (0.09 - 0.04)
    gmsh.model.addPhysicalGroup(2, at(2, lambda c, m: abs(m - ends) < 1e-6 and abs(c[1]) < 1e-6), name="inlet")
    gmsh.model.addPhysicalGroup(2, at(2, lambda c, m: abs(m - ends) < 1e-6 and abs(c[0]) < 1e-6), name="outlet")
    gmsh.model.addPhysicalGroup(2, at(2, lambda c, m: abs(m - math.pi**2 * 0.2) < 1e-6), name="bore")
    gmsh.model.addPhysicalGroup(2, at(2, lambda c, m: abs(m - math.pi**2 * 0.3) < 1e-6), name="skin")
    gmsh.model.addPhysicalGroup(3, [t for d, t in gmsh.model.getEntities(3)], name="metal")
    gmsh.option.setNumber("Mesh.MeshSizeMax", 0.12)
    gmsh.model.mesh.generate(3)
    tags = gmsh.model.mesh.getElementsByType(4)[0]
    answers["pipe.msh"] = {"volume": float(sum(gmsh.model.mesh.getElementQualities(tags, "volume")))}
    save("pipe.msh", binary=1)
    gmsh.finalize()


gmsh_files()

with open("answers.json", "w") as f:
    json.dump(answers, f, indent=1, sort_keys=True)
