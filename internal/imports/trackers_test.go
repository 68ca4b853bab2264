package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What shows trackers knows them by trackers.Tracker and trackers.Measurement alone: outside of their package nothing asks which one it
// has, by a type switch or an assertion on one of them or on what it measures. So a new tracker is known everywhere at once.
func TestNobodyAsksWhichTrackerItIs(t *testing.T) {
	concrete := map[string]bool{} // types that measure, and what they measure
	for _, f := range parsed(t, "../../trackers") {
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != "OnStep" && m.Name.Name != "Measurement" {
				continue
			}
			if name, ok := named(m.Recv.List[0].Type).(*ast.Ident); ok {
				concrete[name.Name] = true
			}
		}
	}
	if !concrete["GradientNorms"] || !concrete["LossLandscapeValue"] || len(concrete) < 16 {
		t.Fatalf("the concrete types are %v", concrete)
	}
	asked := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "trackers" || name == "testdata" || strings.HasPrefix(name, ".") && name != "../.." && name != ".." {
			return filepath.SkipDir
		}
		for _, f := range parsed(t, path) {
			asked += questions(f, func(e ast.Expr) {
				if name := foreign(f, e); concrete[name] {
					t.Errorf("a file of package %s in %s asks whether something is a %s", f.Name.Name, path, name)
				}
			})
		}
		return nil
	})
	if err != nil || asked < 50 {
		t.Errorf("%d questions were found, %v", asked, err)
	}
}

// parsed are the files of a folder without its tests.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// questions visits the types of all assertions and of all cases of type switches, and counts them.
func questions(f *ast.File, visit func(ast.Expr)) (n int) {
	ask := func(e ast.Expr) {
		if e != nil {
			n++
			visit(e)
		}
	}
	ast.Inspect(f, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.TypeAssertExpr:
			ask(x.Type)
		case *ast.TypeSwitchStmt:
			for _, c := range x.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					ask(e)
				}
			}
		}
		return true
	})
	return n
}

// foreign is the name of a type of package trackers, or of callbacks, which has the same by alias; empty for any other.
func foreign(f *ast.File, e ast.Expr) string {
	switch e := named(e).(type) {
	case *ast.Ident:
		if f.Name.Name == "callbacks" {
			return e.Name
		}
	case *ast.SelectorExpr:
		pkg, _ := e.X.(*ast.Ident)
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if path != module+"/trackers" && path != module+"/callbacks" {
				continue
			}
			local := filepath.Base(path)
			if i.Name != nil {
				local = i.Name.Name
			}
			if pkg != nil && pkg.Name == local {
				return e.Sel.Name
			}
		}
	}
	return ""
}

// named is a type without the star of a pointer.
func named(e ast.Expr) ast.Expr {
	if s, ok := e.(*ast.StarExpr); ok {
		return s.X
	}
	return e
}
