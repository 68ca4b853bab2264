package verdict

// missing names conditions without which a problem has many solutions, of which a network finds one.
func missing(e Evidence) []Reason {
	var list []Reason
	for _, m := range e.Missing {
		list = append(list, Reason{IllPosed, m.What, m.Remedy})
	}
	return list
}
