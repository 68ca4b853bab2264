package optim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What an objective offers is data. An assertion or a switch on its type could only ask for something that a wrapper has to know of
// and the compiler cannot check. This holds it: Objective and Squares are structs whose fields are functions, other such
// structs, workers, a number or an error, and no code in optim or its folders asserts a type of them.
func TestObjectivesAreData(t *testing.T) {
	fset := token.NewFileSet()
	decls := map[string]*ast.StructType{}
	var files []string
	for _, dir := range []string{".", "internal/*", "optimtest"} {
		list, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	assertions := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && filepath.Dir(name) == "." {
					decls[n.Name.Name] = s
				}
			case *ast.TypeAssertExpr:
				assertions++
				asserted := "a type switch"
				if n.Type != nil {
					asserted = types.ExprString(n.Type)
				}
				// What is left asks methods and transforms what they can do, never an objective.
				x := types.ExprString(n.X)
				if x == "f" || strings.HasPrefix(x, "f.") || strings.Contains(strings.ToLower(x), "objective") || strings.Contains(x, "Squares") {
					t.Errorf("%s: %s asserted to be %s", fset.Position(n.Pos()), x, asserted)
				}
			}
			return true
		})
	}
	if len(files) < 20 || assertions == 0 {
		t.Fatalf("%d files, %d assertions: the test looks at the wrong place", len(files), assertions)
	}
	for _, name := range []string{"Objective", "Squares"} {
		s := decls[name]
		if s == nil {
			t.Errorf("%s is no struct", name)
			continue
		}
		for _, f := range s.Fields.List {
			switch x := f.Type.(type) {
			case *ast.FuncType:
			case *ast.StarExpr:
				if to := types.ExprString(x.X); decls[to] == nil {
					t.Errorf("%s.%s points to %s, which is no struct of this package", name, f.Names[0], to)
				}
			case *ast.Ident:
				if n := x.Name; n != "Pool" && n != "error" && n != "int" && n != "bool" {
					t.Errorf("%s.%s is a %s", name, f.Names[0], n)
				}
			default:
				t.Errorf("%s.%s is %s", name, f.Names[0], types.ExprString(x))
			}
		}
	}
}
