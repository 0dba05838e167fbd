package carbon

// Names says what becomes of a name that is not in its clean form.
type Names string

// The ways of treating names.
const (
	NamesClean    Names = "clean"    // mend it: leading, trailing and doubled dots, tags out of order or incomplete
	NamesStrict   Names = "strict"   // refuse it as bad_name
	NamesVerbatim Names = "verbatim" // keep it as it came; "/" still becomes "_", control bytes and broken UTF-8 are still refused
)

// Limits bound what a Decoder accepts. The zero value is not usable; see DefaultLimits.
type Limits struct {
	MaxLine  int   // longest line in bytes, without its newline
	MaxName  int   // longest name in bytes, tags included; at most 65,535
	MaxFrame int   // longest pickle frame in bytes, without its length prefix
	Names    Names // what becomes of names that are not clean
}

// DefaultLimits are the defaults: 16 KiB lines, 4,096-byte names, 1 MiB frames, names cleaned.
func DefaultLimits() Limits {
	return Limits{MaxLine: 16 << 10, MaxName: 4096, MaxFrame: 1 << 20, Names: NamesClean}
}
