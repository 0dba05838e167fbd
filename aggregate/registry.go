package aggregate

import (
	"sync"

	"plumbago/carbon"
)

// A registry numbers a table's series and inputs. Lanes add to it, once a name; its shard takes away what is silent.
type registry struct {
	sync.Mutex
	series nameIndex
	inputs nameIndex
	diffs  rows[bool]   // of series: whether their samples are running totals
	groups rows[uint32] // of inputs: the series they feed
	free   [2][]uint32  // numbers of forgotten series, of raw ones and of diffs: what a number stands for is of one kind for ever
	unused []uint32     // numbers of forgotten inputs

	// While series are being forgotten: those that a lane was told of again.
	watching              bool
	seriesBack, inputBack map[uint32]bool
}

// count returns how many series there are.
func (r *registry) count() int64 {
	r.Lock()
	defer r.Unlock()
	return int64(r.series.n)
}

// bind finds the slot of samples that a name (the input) brings to the series with the given key, making the series, and
// the input if the rule must know it, where they are new. may is asked for room then: it reports false where there is none.
// kept is what text says of the slot.
func (r *registry) bind(rule *Rule, diff bool, hash uint64, input, key []byte, may func(series, input bool) bool) (slot uint32, kept carbon.Text) {
	r.Lock()
	defer r.Unlock()
	perInput := diff || rule.perInput()
	series, known := r.series.find(hash, key)
	number, bound := uint32(0), true
	inputHash := uint64(0)
	if perInput {
		inputHash = carbon.Hash(input, kindOf(diff))
		if bound = known; known {
			number, bound = r.findInput(inputHash, input, series)
		}
	}
	switch {
	case !known && !(rule.nameable(key) && r.series.room()), !bound && !r.inputs.room():
		return noSlot, kept
	case !(known && bound) && !may(!known, !bound):
		return noSlot, kept
	}
	if !known {
		series = r.addSeries(hash, key, diff)
	}
	if !bound {
		if number = r.inputs.add(inputHash, input, &r.unused); int(number) == r.groups.len() {
			r.groups.add(0)
		}
		*r.groups.at(int(number)) = series
	}
	if r.watching {
		r.seriesBack[series] = true
	}
	if !perInput {
		return series, r.series.text(series)
	}
	if r.watching {
		r.inputBack[number] = true
	}
	return number | inputBit, r.inputs.text(number)
}

// findInput finds an input of a series. One name can be an input of several: where it comes both as a sample and as a
// result, or once a rule above that rewrites it has changed.
func (r *registry) findInput(hash uint64, name []byte, series uint32) (number uint32, found bool) {
	return r.inputs.findOne(hash, name, func(n uint32) bool { return *r.groups.at(int(n)) == series })
}

func (r *registry) addSeries(hash uint64, key []byte, diff bool) (series uint32) {
	free := &r.free[0]
	if diff {
		free = &r.free[1]
	}
	if series = r.series.add(hash, key, free); int(series) == r.diffs.len() {
		r.diffs.add(diff)
	}
	return series
}

// text returns where the name of a slot lies: of an input its own, else that of the series. It is no text if there is none.
func (r *registry) text(slot uint32) (kept carbon.Text) {
	if slot == noSlot {
		return kept
	}
	r.Lock()
	defer r.Unlock()
	if slot&inputBit != 0 {
		return r.inputs.text(slot &^ inputBit)
	}
	return r.series.text(slot)
}

// kindOf is the kind of a series' samples: a counter and a gauge of one name are two series.
func kindOf(diff bool) carbon.Kind {
	if diff {
		return carbon.Diff
	}
	return carbon.Raw
}

// watch begins to note what is bound.
func (r *registry) watch() {
	r.Lock()
	defer r.Unlock()
	r.watching, r.seriesBack, r.inputBack = true, map[uint32]bool{}, map[uint32]bool{}
}

// unwatch ends what watch began.
func (r *registry) unwatch() {
	r.Lock()
	defer r.Unlock()
	r.watching, r.seriesBack, r.inputBack = false, nil, nil
}

// forgetSeries removes series, but those that were bound since watch began, and returns what it removed.
func (r *registry) forgetSeries(series []uint32) (gone []uint32) {
	r.Lock()
	defer r.Unlock()
	for _, n := range series {
		if r.seriesBack[n] {
			continue
		}
		gone = append(gone, n)
		kind := 0
		if *r.diffs.at(int(n)) {
			kind = 1
		}
		r.free[kind] = append(r.free[kind], n)
	}
	if len(gone) > 0 {
		r.series.forget(gone)
	}
	return gone
}

// forgetInputs does the same to inputs.
func (r *registry) forgetInputs(inputs []uint32) (gone []uint32) {
	r.Lock()
	defer r.Unlock()
	for _, n := range inputs {
		if !r.inputBack[n] {
			gone = append(gone, n)
		}
	}
	if len(gone) > 0 {
		r.inputs.forget(gone)
		r.unused = append(r.unused, gone...)
	}
	return gone
}
