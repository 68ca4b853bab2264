package problemfile

// PageNames is the table of other names.
var PageNames = func() (list []struct{ Section, Page, Ours string }) {
	for _, p := range pageNames {
		list = append(list, struct{ Section, Page, Ours string }{p.section, p.page, p.ours})
	}
	return list
}()
