package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/auth"
)

// TestEveryRootFieldSaysWhomItIsFor fails where somebody forgot to.
func TestEveryRootFieldSaysWhomItIsFor(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	fields, public := 0, 0
	for _, def := range schema.Types {
		root := def == schema.Query || def == schema.Mutation || def == schema.Subscription
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			name, asks := def.Name+"."+f.Name, f.Directives.ForNames("hasPermission")
			isPublic := len(f.Directives.ForNames("public")) > 0
			if root {
				fields++
				if isPublic {
					public++
				}
				if len(asks) == 0 && !isPublic {
					t.Errorf("%s is for nobody named: give it @hasPermission(permission: …), or @public when it says itself whom it answers", name)
				}
			}
			if len(asks) > 1 || len(asks) == 1 && isPublic {
				t.Errorf("%s says more than once whom it is for", name)
			}
			for _, d := range asks {
				if asked := d.Arguments.ForName("permission").Value.Raw; !slices.Contains(auth.Permissions(), auth.Permission(asked)) {
					t.Errorf("%s asks for %q, which is no permission", name, asked)
				}
			}
		}
	}
	if fields < 50 || public == 0 || public > fields/3 {
		t.Errorf("%d root fields were found, of which %d are public", fields, public)
	}
}

// TestDirectivesRefuse has callers with too little meet a field of each
// permission.
func TestDirectivesRefuse(t *testing.T) {
	t.Parallel()
	s := server(t) // whose token may do all but administer
	for _, tt := range []struct{ name, token, query, code string }{
		{"nobody reads", "", `{ plans { totalCount } }`, "UNAUTHENTICATED"},
		{"nobody administers", "", `{ auditLog { totalCount } }`, "UNAUTHENTICATED"},
		{"an editor administers", s.Token, `{ auditLog { totalCount } }`, "FORBIDDEN"},
		{"an editor administers the instance", s.Token, `{ instanceAuditLog { totalCount } }`, "FORBIDDEN"},
		{"an editor reads", s.Token, `{ plans { totalCount } }`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, out := post(t, s, tt.token, "application/json", gql(tt.query, nil))
			if code, _ := first(out)["code"].(string); code != tt.code {
				t.Errorf("got %v, want the code %q", out, tt.code)
			}
		})
	}
}
