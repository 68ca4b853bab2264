package callbacks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// An alias stands for the tracker of its name, or for the scheme that trackers drive. The page's eight and their schemes have one, which
// TestAliasesAreTypes lists; a tracker that the page does not know has its name in package trackers alone.
func TestAliasesAreOneForOne(t *testing.T) {
	aliases := map[string]string{} // name → what it stands for
	for _, f := range parse(t, ".") {
		types(f, func(s *ast.TypeSpec) {
			if s.Assign.IsValid() {
				sel := s.Type.(*ast.SelectorExpr)
				aliases[s.Name.Name] = sel.X.(*ast.Ident).Name + "." + sel.Sel.Name
			}
		})
	}
	has := map[string]bool{} // trackers and schemes
	for _, f := range parse(t, "../trackers") {
		types(f, func(s *ast.TypeSpec) {
			if sel, ok := s.Type.(*ast.SelectorExpr); ok && s.Assign.IsValid() && sel.X.(*ast.Ident).Name == "weights" {
				has[s.Name.Name] = true
			}
		})
		for _, d := range f.Decls { // a tracker is a type with a method OnStep
			if m, ok := d.(*ast.FuncDecl); ok && m.Name.Name == "OnStep" && m.Recv != nil {
				has[receiver(m)] = true
			}
		}
	}
	for name, of := range aliases {
		if of != "trackers."+name || !has[name] {
			t.Errorf("%s stands for %s, which is no tracker of its name", name, of)
		}
	}
	if len(aliases) != 11 { // nine trackers and two schemes
		t.Errorf("aliases %v", aliases)
	}
	// Schemes that read a source are the ones with a method Sources.
	var driven []string
	for _, f := range parse(t, "../weights") {
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Name.Name == "Sources" && m.Recv != nil {
				driven = append(driven, receiver(m))
			}
		}
	}
	for _, name := range driven {
		if aliases[name] == "" {
			t.Errorf("no alias of weights.%s", name)
		}
	}
	if len(driven) != 2 {
		t.Errorf("schemes with sources: %v", driven)
	}
}

func parse(t *testing.T, dir string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	return files
}

func types(f *ast.File, visit func(*ast.TypeSpec)) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, s := range g.Specs {
				visit(s.(*ast.TypeSpec))
			}
		}
	}
}

// The two names of each are one type, all trackers are callbacks with state, and their sources fit.
func TestAliasesAreTypes(t *testing.T) {
	pairs := [][2]any{
		{callbacks.GradientNorms{}, trackers.GradientNorms{}},
		{callbacks.CosSimilarity{}, trackers.CosSimilarity{}},
		{callbacks.GradientAlignment{}, trackers.GradientAlignment{}},
		{callbacks.ResidualStats{}, trackers.ResidualStats{}},
		{callbacks.InputSensitivity{}, trackers.InputSensitivity{}},
		{callbacks.NTKSpectrum{}, trackers.NTKSpectrum{}},
		{callbacks.HessianSpectrum{}, trackers.HessianSpectrum{}},
		{callbacks.LossLandscape{}, trackers.LossLandscape{}},
		{callbacks.Error{}, trackers.Error{}},
		{callbacks.GradientNormBalanced{}, weights.GradientNormBalanced{}},
		{callbacks.NTKBalanced{}, weights.NTKBalanced{}},
	}
	for _, p := range pairs {
		if reflect.TypeOf(p[0]) != reflect.TypeOf(p[1]) {
			t.Errorf("%T and %T differ", p[0], p[1])
		}
	}
	for _, c := range []crux.Callback{
		&callbacks.GradientNorms{}, &callbacks.CosSimilarity{}, &callbacks.GradientAlignment{}, &callbacks.ResidualStats{},
		&callbacks.InputSensitivity{}, &callbacks.NTKSpectrum{}, &callbacks.HessianSpectrum{}, &callbacks.LossLandscape{}, &callbacks.Error{},
		&callbacks.EarlyStopping{}, &callbacks.Checkpoint{}, &callbacks.RAD{}, &callbacks.RARD{}, &callbacks.R3{},
	} {
		if _, ok := c.(crux.Stateful); !ok {
			t.Errorf("checkpoints do not keep the state of %T", c)
		}
	}
	var _ weights.NormSource = (*callbacks.GradientNorms)(nil)
	var _ weights.TraceSource = (*callbacks.NTKSpectrum)(nil)
	var _ weights.Sourced = (*callbacks.NTKBalanced)(nil)
	var _ crux.Ender = (*callbacks.Checkpoint)(nil)
}

// receiver is the name of the type that has a method.
func receiver(m *ast.FuncDecl) string {
	of := m.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	return of.(*ast.Ident).Name
}
