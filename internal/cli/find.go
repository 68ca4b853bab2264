package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/nearest"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// runsFolder is where runs are unless it is said otherwise.
const runsFolder = "runs"

// runsIn are the directories of runs, and of several runs, in a folder: the one in which something was last written first. What is no
// run is left out.
func runsIn(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	type found struct {
		dir  string
		last time.Time
	}
	var list []found
	for _, e := range entries {
		dir := filepath.Join(folder, e.Name())
		if !exists(filepath.Join(dir, problemFile)) && !exists(filepath.Join(dir, batchFile)) {
			continue
		}
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			list = append(list, found{dir, info.ModTime()})
		}
	}
	slices.SortStableFunc(list, func(x, y found) int { return y.last.Compare(x.last) })
	var dirs []string
	for _, f := range list {
		dirs = append(dirs, f.dir)
	}
	return dirs
}

// theRun is the run of a command line, or the newest one where it names none.
func theRun(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	dirs := runsIn(runsFolder)
	if len(dirs) == 0 {
		return "", fail(exitUsage, fmt.Errorf("there is no run in %s; give a run directory, or make one with: crux solve problem.yaml",
			runsFolder))
	}
	return dirs[0], nil
}

// noRun is the error for a path that is no run, with the run that was probably meant.
func noRun(path string) error {
	why := path + " is not a directory"
	dirs := slices.Concat(runsIn(filepath.Dir(path)), runsIn(runsFolder))
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".yaml" || ext == ".yml" {
		why = path + " is a problem file, not a run"
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if near := nearRun(filepath.Base(path), dirs); near != "" {
		return fmt.Errorf("%s; did you mean %s?", why, near)
	} else if near := nearRun(name, dirs); near != "" {
		return fmt.Errorf("%s; did you mean %s?", why, near)
	}
	if len(dirs) > 0 {
		return fmt.Errorf("%s; give the directory of a run, such as %s; crux ls lists them", why, dirs[0])
	}
	return fmt.Errorf("%s; give the run directory that crux solve printed, such as runs/burgers-1", why)
}

// nearRun is the run with the name that is nearest to a word, or else the newest whose name begins with it; "" if there is none.
func nearRun(word string, dirs []string) string {
	of := map[string]string{}
	var names []string
	begins := ""
	for _, d := range dirs {
		name := filepath.Base(d)
		if _, seen := of[name]; !seen {
			of[name], names = d, append(names, name)
		}
		if strings.HasPrefix(name, word) {
			begins = cmp.Or(begins, d)
		}
	}
	if slices.Contains(names, word) {
		return of[word]
	}
	return cmp.Or(begins, of[nearest.Name(word, names)])
}

// completeRuns completes arguments with the runs in the folder that is being typed, or in runs.
func completeRuns(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	dirs := runsIn(runsFolder)
	if strings.ContainsRune(typed, filepath.Separator) {
		dirs = runsIn(filepath.Dir(typed))
	}
	dirs = slices.DeleteFunc(dirs, func(d string) bool { return slices.Contains(args, d) || !strings.HasPrefix(d, typed) })
	return dirs, cobra.ShellCompDirectiveDefault
}

// completeNames completes expressions with the names that the run on the command line has: fields with their derivatives, and numbers.
func completeNames(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var list []cobra.Completion
	for _, dir := range args {
		p, err := problemfile.Load(filepath.Join(dir, problemFile), nil)
		if err != nil {
			continue
		}
		for _, f := range p.Fields {
			list = append(list, f.Name)
			for _, c := range f.Coords {
				list = append(list, f.Name+"_"+c.Name())
			}
		}
		for _, q := range p.Params {
			list = append(list, q.Path())
		}
		for _, d := range p.Derived {
			list = append(list, d.Name)
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
