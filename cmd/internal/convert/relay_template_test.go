package convert

import (
	"strings"
	"testing"
)

// TestRelayTemplate has what carbon-c-relay 3.7.3 makes of A.Bc.D with the expression ^A\.(Bc\.D)$ and each replacement.
func TestRelayTemplate(t *testing.T) {
	f := func(template, want string) {
		t.Helper()
		var b strings.Builder
		for _, p := range relayPieces(template) {
			text := p.text
			if p.group == 1 {
				text = "Bc.D"
			}
			for _, filter := range p.filters {
				switch filter {
				case "lower":
					text = strings.ToLower(text)
				case "upper":
					text = strings.ToUpper(text)
				case "flat":
					text = strings.ReplaceAll(text, ".", "_")
				}
			}
			b.WriteString(text)
		}
		if got := b.String(); got != want {
			t.Errorf("%s: %s, want %s", template, got, want)
		}
	}
	for _, c := range strings.Fields(`
		\1:Bc.D \_1:bc.d \^1:BC.D \.1:Bc_D \_.1:bc_d \^.1:BC_D \..1:Bc_D \_\1:bc.d \.\1:Bc_D \\1:Bc.D \\.1:Bc_D \g{1}x:Bc.Dx
		\_z\1:zBc.D \^z\1:zBc.D \.z\1:zBc.D \z1:z1 \_\z\1:zBc.D q\.\z:qz q\_\.:q a\:a
		\._1:_1 \.^1:^1 \_^1:^1 \^_1:_1 \__1:_1 \.\_1:_1 \_\^1:^1
		\1\.\1:Bc.D.Bc.D \1\_1:Bc.D_1 \1\^1:Bc.D^1 \1\.1:Bc.D.1 \1\_.1:Bc.D_.1 q\1\_\1:qBc.D_Bc.D \1q\.\1:Bc.DqBc_D
		\_1\.1:bc.d.1 \_1\1:bc.dbc.d \_1\^1:bc.d^1 \.1\_1:Bc_D_1 \_.1\1:bc_dbc_d \_1x\1:bc.dxBc.D \1\z:Bc.Dz \0x\99y:xy \1100x:x`) {
		template, want, _ := strings.Cut(c, ":")
		f(template, want)
	}
}
