package callbacks

import (
	"regexp"
	"strconv"
	"strings"
)

// aliases are keys with the names of constraints, beside those with their numbers: explainability/gradient_norm/pde is
// explainability/gradient_norm/constraint_0, and explainability/cos_sim/pde_bc is explainability/cos_sim/0_1.
type aliases struct {
	names []string
	known map[string]string // by key; empty for none
}

func newAliases(names []string) aliases { return aliases{names, map[string]string{}} }

var numbered = regexp.MustCompile(`^(explainability/.*)constraint_(\d+)(.*)$|^(explainability/(?:.*/)?)(\d+)_(\d+)(.*)$`)

// of is the key with names; empty if it has no numbers of constraints, or these have no names.
func (a *aliases) of(key string) string {
	alias, ok := a.known[key]
	if !ok {
		alias = a.find(key)
		a.known[key] = alias
	}
	return alias
}

func (a *aliases) find(key string) string {
	m := numbered.FindStringSubmatch(key)
	if m == nil {
		return ""
	}
	head, tail, at := m[1], m[3], []string{m[2]}
	if m[2] == "" {
		head, tail, at = m[4], m[7], []string{m[5], m[6]}
	}
	for k, digits := range at {
		i, err := strconv.Atoi(digits)
		if err != nil || i >= len(a.names) || a.names[i] == digits || strings.HasPrefix(a.names[i], "constraint_") {
			return ""
		}
		at[k] = a.names[i]
	}
	return head + strings.Join(at, "_") + tail
}
