package yumas

// form is what sets a float model apart from the others.
type form struct {
	late  bool                                            // weights count one epoch after they are set
	bonds func(e *epoch, bonding [][]float64) [][]float64 // moves the stored bonds
	pay   func(e *epoch) []float64                        // dividends before they are normalised
}

func floats() []Model {
	model := func(name, about string, f form) Model {
		return Model{Name: name, About: about, epoch: func(e *epoch) error {
			e.settle(f)
			return nil
		}}
	}
	return []Model{
		model("1", "Bonds are shares of a server's column and move towards stake times weights.",
			form{bonds: columnBonds, pay: byBonds}),
		model("2", "As 1, and the moved bonds of a column are made to sum to one again.",
			form{bonds: fullColumnBonds, pay: byBonds}),
		model("2b", "As 1, on the weights of the epoch before, so that who finds a server first is not clipped when the majority follows.",
			form{late: true, bonds: columnBonds, pay: byBonds}),
		model("2c", "Bonds are bought with weights up to a capacity, the validator's stake, and decay.",
			form{bonds: capacityBonds, pay: byShares}),
		model("3", "A validator's bonds follow its own weights; stake enters when dividends are paid.",
			form{bonds: ownBonds, pay: byStakeAndShares}),
		model("3-liquid", "As 3, each bond with a speed of its own: fast where its weight stands above the consensus, or below the bond.",
			form{bonds: liquidBonds, pay: byStakeAndShares}),
	}
}

// settle is the epoch that all float models share.
func (e *epoch) settle(f form) {
	for _, row := range e.weights {
		share(row)
	}
	e.out.Consensus = consensus(e.weights, e.stake, e.p.Kappa)
	voted := e.weights
	if f.late && e.state.before != nil {
		voted = e.state.before
	}
	clipped := each(voted, func(i, j int) float64 { return min(voted[i][j], e.out.Consensus[j]) })
	e.out.Incentive = make([]float64, e.n)
	for i, row := range clipped {
		for j, w := range row {
			e.out.Incentive[j] += e.stake[i] * w
		}
	}
	share(e.out.Incentive)
	penalty := e.p.BondsPenalty
	bonding := each(voted, func(i, j int) float64 { return (1-penalty)*voted[i][j] + penalty*clipped[i][j] })
	e.out.Bonds = f.bonds(e, bonding)
	e.out.Dividends = f.pay(e)
	share(e.out.Dividends)
	e.state.bonds, e.state.before = e.out.Bonds, e.weights
}

// columnBonds of models 1 and 2b: a moving average of shares. New bonds begin where they would go.
func columnBonds(e *epoch, bonding [][]float64) [][]float64 {
	target := columnShares(e.n, each(bonding, func(i, j int) float64 { return e.stake[i] * bonding[i][j] }))
	if e.state.bonds == nil {
		return target
	}
	kept := e.p.BondsAverage
	return e.move(func(i, j int) float64 { return kept*cell(e.state.bonds, i, j) + (1-kept)*cell(target, i, j) })
}

func fullColumnBonds(e *epoch, bonding [][]float64) [][]float64 {
	return columnShares(e.n, columnBonds(e, bonding))
}

// capacityBonds of model 2c. What a validator may buy of a server in an epoch is limited by its stake and by
// the room that is left; decay and purchase are as fast as the moving average of the others.
func capacityBonds(e *epoch, _ [][]float64) [][]float64 {
	speed := 1 - e.p.BondsAverage
	return e.move(func(i, j int) float64 {
		capacity, old := e.stake[i], cell(e.state.bonds, i, j)
		bought := min(speed*capacity, max(capacity-old, 0)) * cell(e.weights, i, j)
		return min((1-speed)*old+bought, capacity)
	})
}

// ownBonds of model 3.
func ownBonds(e *epoch, _ [][]float64) [][]float64 {
	speed := 1 - e.p.BondsAverage
	return e.move(func(i, j int) float64 {
		return min((1-speed)*cell(e.state.bonds, i, j)+speed*cell(e.weights, i, j), 1)
	})
}

// liquidBonds are ownBonds with a speed per bond.
func liquidBonds(e *epoch, _ [][]float64) [][]float64 {
	return e.move(func(i, j int) float64 {
		old, weight := cell(e.state.bonds, i, j), cell(e.weights, i, j)
		speed := e.p.speed(e.out.Consensus[j], weight, old)
		return min((1-speed)*old+speed*weight, 1)
	})
}

func byBonds(e *epoch) []float64 { return products(e.n, e.out.Bonds, e.out.Incentive) }
func byShares(e *epoch) []float64 {
	return products(e.n, columnShares(e.n, e.out.Bonds), e.out.Incentive)
}

func byStakeAndShares(e *epoch) []float64 {
	pay := byShares(e)
	for i := range pay {
		pay[i] *= e.stake[i]
	}
	return pay
}
