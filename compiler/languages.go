package compiler

import (
	_ "embed"
	"fmt"
	"go/format"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the functions of a source use besides the standard library.
var (
	//go:embed source.go.txt
	goHead string
	//go:embed source.c.txt
	cHead string
)

// golang writes Go.
type golang struct{}

func (golang) comment(b *strings.Builder, lines []string) {
	for _, s := range lines {
		b.WriteString(strings.TrimRight("// "+s, " ") + "\n")
	}
}

func (golang) head(s *Source) string { return "package " + s.Name + "\n\n" + goHead }

func (golang) array(name, about string, numbers []string) string {
	return fmt.Sprintf("\n// %s\nvar %s = [%d]float64{\n%s}\n", about, name, len(numbers), rows(numbers))
}

// rows are numbers, some on each line.
func rows(numbers []string) string {
	var b strings.Builder
	for few := range slices.Chunk(numbers, 6) {
		b.WriteString("\t" + strings.Join(few, ", ") + ",\n")
	}
	return b.String()
}

func (golang) signature(_ string, f Function, gradient bool) string {
	var args []string
	for _, c := range f.Coords {
		args = append(args, argument(c))
	}
	list := strings.Join(args, ", ")
	if list != "" {
		list += " float64"
	}
	value, slopes := "float64", fmt.Sprintf("[%d]float64", len(f.Coords))
	if k := f.Expr.Dim(); k > 1 {
		value, slopes = fmt.Sprintf("[%d]float64", k), fmt.Sprintf("[%d]%s", k, slopes)
	}
	if gradient {
		return fmt.Sprintf("func %sGradient(%s) (%s, %s)", exported(f.Name), list, value, slopes)
	}
	return fmt.Sprintf("func %s(%s) %s", exported(f.Name), list, value)
}

// exported is a name as other packages see it.
func exported(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	if r = unicode.ToUpper(r); !unicode.IsUpper(r) {
		return "F" + name
	}
	return string(r) + name[n:]
}

func (golang) result(f Function, value []string, gradient [][]string) string {
	is := golang{}.literal(value, true)
	var rows []string
	for _, of := range gradient {
		rows = append(rows, golang{}.literal(of, false))
	}
	switch len(rows) {
	case 0:
	case 1:
		is += ", " + rows[0]
	default:
		is += fmt.Sprintf(", [%d][%d]float64{%s}", len(rows), len(f.Coords), strings.Join(rows, ", "))
	}
	return "\treturn " + is + "\n"
}

// literal is an array of numbers, or one number alone where that is wanted.
func (golang) literal(numbers []string, alone bool) string {
	if alone && len(numbers) == 1 {
		return numbers[0]
	}
	return fmt.Sprintf("[%d]float64{%s}", len(numbers), strings.Join(numbers, ", "))
}

func (golang) scalar(name, is string) string { return fmt.Sprintf("\t%s := %s\n", name, is) }

func (golang) list(name string, components []string) string {
	return fmt.Sprintf("\t%s := %s\n", name, golang{}.literal(components, false))
}

func (golang) each(name string, n int, is string) string {
	return fmt.Sprintf("\tvar %[1]s [%[2]d]float64\n\tfor i := range %[1]s {\n\t\t%[1]s[i] = %[3]s\n\t}\n", name, n, is)
}

func (golang) linear(name string, n, m int, x, is string) string {
	if n == 1 {
		return fmt.Sprintf("\t%s := 0.0\n\tfor j := 0; j < %d; j++ {\n\t\t%s += %s * %s\n\t}\n", name, m, name, x, is)
	}
	return fmt.Sprintf("\tvar %[1]s [%[2]d]float64\n\tfor j := 0; j < %[3]d; j++ {\n\t\tx_ := %[4]s\n"+
		"\t\tfor i := range %[1]s {\n\t\t\t%[1]s[i] += x_ * %[5]s\n\t\t}\n\t}\n", name, n, m, x, is)
}

func (golang) call(function string) string {
	switch function {
	case "max", "min", "truth", "choose", "sign", "heaviside", "sigmoid", "softplus":
		return function
	}
	return "math." + strings.ToUpper(function[:1]) + function[1:]
}

func (golang) finish(text string) (string, error) {
	b, err := format.Source([]byte(text))
	return string(b), err
}

// c99 writes C.
type c99 struct{}

func (c99) comment(b *strings.Builder, lines []string) {
	for _, s := range lines {
		b.WriteString("/* " + strings.ReplaceAll(s, "*/", "* /") + " */\n")
	}
}

func (c99) head(s *Source) string { return fmt.Sprintf("#include \"%s.h\"\n\n%s", s.Name, cHead) }

func (c99) array(name, about string, numbers []string) string {
	return fmt.Sprintf("\n/* %s */\nstatic const double %s[%d] = {\n%s};\n", about, name, len(numbers), rows(numbers))
}

func (c99) signature(name string, f Function, gradient bool) string {
	var args []string
	for _, c := range f.Coords {
		args = append(args, "double "+argument(c))
	}
	returns, k := "double", f.Expr.Dim()
	if k > 1 {
		returns, args = "void", append(args, fmt.Sprintf("double value[%d]", k))
	}
	name += "_" + f.Name
	if gradient {
		of := fmt.Sprintf("double gradient[%d]", len(f.Coords))
		if k > 1 {
			of = fmt.Sprintf("double gradient[%d][%d]", k, len(f.Coords))
		}
		name, args = name+"_gradient", append(args, of)
	}
	if len(args) == 0 {
		args = []string{"void"}
	}
	return fmt.Sprintf("%s %s(%s)", returns, name, strings.Join(args, ", "))
}

func (c99) result(_ Function, value []string, gradient [][]string) string {
	var b strings.Builder
	for i, of := range gradient {
		for j, text := range of {
			if len(value) == 1 {
				fmt.Fprintf(&b, "\tgradient[%d] = %s;\n", j, text)
			} else {
				fmt.Fprintf(&b, "\tgradient[%d][%d] = %s;\n", i, j, text)
			}
		}
	}
	if len(value) == 1 {
		return b.String() + "\treturn " + value[0] + ";\n"
	}
	for i, text := range value {
		fmt.Fprintf(&b, "\tvalue[%d] = %s;\n", i, text)
	}
	return b.String()
}

func (c99) scalar(name, is string) string {
	return fmt.Sprintf("\tconst double %s = %s;\n", name, is)
}

func (c99) list(name string, components []string) string {
	return fmt.Sprintf("\tconst double %s[%d] = {%s};\n", name, len(components), strings.Join(components, ", "))
}

func (c99) each(name string, n int, is string) string {
	return fmt.Sprintf("\tdouble %[1]s[%[2]d];\n\tfor (int i = 0; i < %[2]d; i++)\n\t\t%[1]s[i] = %[3]s;\n", name, n, is)
}

func (c99) linear(name string, n, m int, x, is string) string {
	if n == 1 {
		return fmt.Sprintf("\tdouble %[1]s = 0;\n\tfor (int j = 0; j < %[2]d; j++)\n\t\t%[1]s += %[3]s * %[4]s;\n", name, m, x, is)
	}
	return fmt.Sprintf("\tdouble %[1]s[%[2]d] = {0};\n\tfor (int j = 0; j < %[3]d; j++)\n"+
		"\t\tfor (int i = 0; i < %[2]d; i++)\n\t\t\t%[1]s[i] += %[4]s * %[5]s;\n", name, n, m, x, is)
}

func (c99) call(function string) string {
	switch function {
	case "abs", "max", "min":
		return "f" + function
	}
	return function
}

func (c99) finish(text string) (string, error) { return text, nil }
