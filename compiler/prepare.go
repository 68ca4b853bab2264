package compiler

// Purpose is what a program is going to be asked for.
type Purpose uint8

// The purposes.
const (
	ForLosses      Purpose = iota // Losses
	ForGradient                   // Gradient and AddGradient
	ForGradients                  // GradientOf, for every residual
	ForResiduals                  // Residuals, for every residual
	ForHVP                        // HVP
	ForTrainingHVP                // TrainingHVP
	ForJacobian                   // Jacobian
	ForKernel                     // Kernel, of all parameters
)

// Prepare builds the graphs for some purposes, and that for what SetPoints computes ahead, and plans their machines, which otherwise
// happens at the first call.
func (p *Program) Prepare(purposes ...Purpose) error {
	if len(p.comp.trace.hoists) > 0 {
		if _, err := p.run.build(variant{kind: vHoists}); err != nil {
			return err
		}
	}
	for _, f := range purposes {
		vs, err := p.variants(f)
		if err != nil {
			return err
		}
		for _, v := range vs {
			if _, err := p.run.build(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Graphs is the number of graphs that have been built so far.
func (p *Program) Graphs() int { return p.run.graphs() }

func (p *Program) variants(f Purpose) ([]variant, error) {
	each := func(kind variantKind) (vs []variant) {
		for i := range p.Len() {
			vs = append(vs, variant{kind: kind, index: i})
		}
		return vs
	}
	switch f {
	case ForLosses:
		return []variant{{kind: vLosses}}, nil
	case ForGradient:
		return []variant{{kind: vGradient}}, nil
	case ForGradients:
		return each(vGradientOf), nil
	case ForResiduals:
		return each(vRows), nil
	case ForHVP:
		return []variant{{kind: vHVP}}, nil
	case ForTrainingHVP:
		return []variant{{kind: p.trainingHVP()}}, nil
	}
	if f == ForKernel {
		return p.run.kernelVariants()
	}
	var vs []variant // ForJacobian
	for i := range p.Len() {
		for c := range p.Dim(i) {
			vs = append(vs, variant{kind: vJacobian, index: i, component: c})
		}
	}
	return vs, nil
}

// PrepareResidual builds the graph of residual i alone, for Residuals.
func (p *Program) PrepareResidual(i int) error {
	_, err := p.run.build(variant{kind: vRows, index: i})
	return err
}
