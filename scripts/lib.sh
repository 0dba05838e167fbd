# Sourced by the other scripts: where things are, and how they say what they do. Needs bash and coreutils only.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Go is often installed beside the PATH, as its own instructions have it.
if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then
	PATH=$PATH:/usr/local/go/bin
fi

say() { printf '%s\n' "$*"; }
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

command -v go >/dev/null || die "needs Go 1.26 (https://go.dev/dl/), which is not on the PATH"

# build_plumbago makes bin/plumbago if a source is newer than it.
build_plumbago() {
	if [ -x bin/plumbago ] && [ -z "$(find . -path ./bin -prune -o -path ./.git -prune -o \
		\( -name '*.go' -o -name '*.toml' -o -name go.mod -o -name go.sum \) -newer bin/plumbago -print -quit)" ]; then
		return
	fi
	mkdir -p bin
	CGO_ENABLED=0 go build -o bin/plumbago ./cmd/plumbago
}
