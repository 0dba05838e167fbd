package carbon

import (
	"bytes"

	"plumbago/carbon/stat"
)

// A pickleName is a name as the points will have it, or the reason why they will not.
type pickleName struct {
	hash   uint64
	text   uint64 // the span of the text it came as
	at     uint32 // Batch.Bytes[at:at+size]
	size   uint16
	flags  Flags
	why    stat.Reason
	ok     bool
	mended bool
}

// pickleNames puts names into their clean form. A sender's Python memoises a name that it uses for many points, so a
// name is never mended where it lies; and what became of a shared name is remembered, so that it is cleaned and stored
// once and not for each of its points.
type pickleNames struct {
	scratch []byte
	single  pickleName   // the name last found that is not shared
	known   []pickleName // by a hash of the span; made when the first shared name is met
	used    bool         // known holds names of this frame
	work    int          // bytes of shared names that may yet be cleaned
	store   int          // bytes of mended names that may yet be stored
}

// The remembered names, and what may be spent on shared ones that have fallen out of it.
const (
	pickleKnown     = 512
	pickleFreeWork  = 1 << 20
	pickleFreeStore = 128 << 10
)

// reset starts a frame of size bytes.
func (p *pickleNames) reset(size int) {
	if p.used {
		clear(p.known)
		p.used = false
	}
	p.work, p.store = pickleFreeWork+16*size, pickleFreeStore+size
}

// spent reports whether the frame repeats its names so often that it must be made to do so.
func (p *pickleNames) spent() bool { return p.work < 0 || p.store < 0 }

// find returns the name that v is, valid until the next call.
func (p *pickleNames) find(b *Batch, v *pickleValue, shared bool, l *Limits) *pickleName {
	if !shared {
		p.clean(&p.single, b, v, l)
		return &p.single
	}
	if p.known == nil {
		p.known = make([]pickleName, pickleKnown)
	}
	p.used = true
	at, size := v.pair()
	slot := &p.known[at*0x9E3779B1>>23%pickleKnown]
	if slot.text != v.bits {
		p.clean(slot, b, v, l)
		p.work -= min(int(size), l.MaxName)
	}
	return slot
}

// clean makes name the clean form of the name in v's span: that span itself if it was clean, else a copy.
func (p *pickleNames) clean(name *pickleName, b *Batch, v *pickleValue, l *Limits) {
	at, size := v.pair()
	*name = pickleName{text: v.bits, at: at}
	if size > pickleNameSize || int(size) > l.MaxName {
		name.why = stat.TooLong
		return
	}
	original := b.Bytes[at : at+size]
	p.scratch = append(p.scratch[:0], original...)
	text, mended, why, ok := clean(p.scratch, l)
	if !ok {
		name.why = why
		return
	}
	name.ok, name.mended = true, mended
	if !bytes.Equal(text, original) {
		name.at = uint32(len(b.Bytes))
		b.reserve(len(text))
		b.Bytes = append(b.Bytes, text...)
		p.store -= len(text)
	}
	name.size = uint16(len(text))
	name.hash, name.flags = Hash(text, Raw), tagged(text)
}

// pickleNameSize is what a Point can say of its name's length.
const pickleNameSize = 1<<16 - 1

// reserve makes room for n bytes more in b. It doubles b, where append would add a quarter and leave four times its
// bytes behind.
func (b *Batch) reserve(n int) {
	if cap(b.Bytes)-len(b.Bytes) < n {
		grown := make([]byte, len(b.Bytes), len(b.Bytes)+max(n, len(b.Bytes)))
		copy(grown, b.Bytes)
		b.Bytes = grown
	}
}
