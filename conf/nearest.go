package conf

import "strings"

// nearest returns the word that a misspelt one was most likely meant to be, or "" if none is near. Of words as near as
// each other the first one wins.
func nearest(word string, among []string) string {
	folded, best, least := fold(word), "", len(word)+1
	for _, right := range among {
		if fold(right) == folded {
			return right
		}
		if d := distance(folded, right); d < least && d <= tolerated(min(len(folded), len(right))) {
			best, least = right, d
		}
	}
	if best != "" {
		return best
	}
	for _, right := range among {
		if len(right) >= 3 && strings.HasPrefix(folded, right) || len(folded) >= 3 && strings.HasPrefix(right, folded) {
			return right
		}
	}
	return ""
}

// fold removes what people confuse most: case, and dashes for underscores.
func fold(word string) string { return strings.ReplaceAll(strings.ToLower(word), "-", "_") }

// tolerated is how many slips of the finger a word of so many letters may hold and still be recognised.
func tolerated(letters int) int { return min(1+letters/5, 3) }

// distance counts the letters to insert, delete, replace or swap with their neighbour between a and b.
func distance(a, b string) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		older, old, row = old, row, older
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
