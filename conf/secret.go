package conf

import (
	"maps"
	"regexp"
	"strings"
)

// mask stands in for a password where everybody may look.
const mask = "***"

// password finds what stands between the : and the @ of a URL.
var password = regexp.MustCompile(`(://[^\s/?#@:]*:)([^\s/?#"']+)(@)`)

// masked returns text with every password in it masked, but for those that the environment has.
func masked(text string) string {
	return password.ReplaceAllStringFunc(text, func(found string) string {
		parts := password.FindStringSubmatch(found)
		if _, rest, ok := strings.Cut(parts[2], "${"); ok && strings.HasPrefix(parts[2], "${") && strings.HasSuffix(rest, "}") && !strings.Contains(rest, ":-") {
			return found
		}
		return parts[1] + mask + parts[3]
	})
}

// isMasked says whether text has a password that is the mask.
func isMasked(text string) bool {
	parts := password.FindStringSubmatch(text)
	return parts != nil && parts[2] == mask
}

// addresses returns all texts of f that may have a password in them, as they are used.
func addresses(f *File) (all []string) {
	for i := range f.Listen {
		all = append(all, f.Listen[i].Address...)
	}
	for i := range f.Cluster {
		all = append(all, f.Cluster[i].Endpoints...)
	}
	return all
}

// written returns a text of f as it was written in its file.
func (f *File) written(text string) string {
	if original, ok := f.expanded[text]; ok {
		return original
	}
	return protect(text)
}

// shown returns how texts of f are written for everybody's eyes.
func shown(f *File) map[string]string {
	all := maps.Clone(f.expanded)
	for _, text := range addresses(f) {
		if was := f.written(text); masked(was) != was {
			all[text] = masked(was)
		}
	}
	return all
}

// Unmask puts the passwords of f back into a configuration that was made from what Show says of f. A mask that could stand for
// several passwords stays.
func Unmask(f *File, text []byte) []byte {
	of := map[string]string{} // the text behind a masked one; "" if there are several
	for _, one := range addresses(f) {
		was := f.written(one)
		hidden := masked(was)
		switch before, known := of[hidden]; {
		case hidden == was:
		case known && before != was, strings.ContainsAny(was, `"\`): // which TOML would read otherwise
			of[hidden] = ""
		default:
			of[hidden] = was
		}
	}
	out := string(text)
	for hidden, was := range of {
		if was != "" {
			for _, q := range []string{`"`, `'`} { // as a whole: one may begin as another does
				out = strings.ReplaceAll(out, q+hidden+q, q+was+q)
			}
		}
	}
	return []byte(out)
}
