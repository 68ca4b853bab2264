package placeholder

func (n *node) String() string { return "expr" }
