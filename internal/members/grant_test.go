package members_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
)

func TestGrantLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.as(&auth.Principal{Kind: audit.Token, TokenID: "tok_root", Permissions: []auth.Permission{auth.Instance}})
	got, err := w.members.GrantLoad(root, w.own.ID, spec.LoadGrant{
		MaxUsers: 5000, MaxDuration: 10 * time.Minute, MaxRamp: 2 * time.Minute, Hosts: []string{" Shop.Test:8443", "*.shop.test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.LoadMaxUsers != 5000 || got.LoadMaxDurationMs != 600_000 || got.LoadMaxRampMs != 120_000 ||
		!slices.Equal(got.LoadHosts, []string{"shop.test:8443", "*.shop.test"}) {
		t.Errorf("granted: %v", got)
	}
	if got, err = w.members.GrantLoad(root, w.own.ID, spec.LoadGrant{}); err != nil || got.LoadMaxUsers != 0 || len(got.LoadHosts) != 0 {
		t.Errorf("nothing was granted in place of it: %v, %v", got, err)
	}
	for name, tt := range map[string]struct {
		grant spec.LoadGrant
		field string
	}{
		"too many users": {spec.LoadGrant{MaxUsers: 1_000_001}, "maxVirtualUsers"},
		"negative users": {spec.LoadGrant{MaxUsers: -1}, "maxVirtualUsers"},
		"too long":       {spec.LoadGrant{MaxDuration: 25 * time.Hour}, "maxDurationMs"},
		"ramp too long":  {spec.LoadGrant{MaxRamp: 25 * time.Hour}, "maxRampMs"},
		"no host":        {spec.LoadGrant{Hosts: []string{"http://shop.test/"}}, "hosts"},
		"many hosts":     {spec.LoadGrant{Hosts: slices.Repeat([]string{"shop.test"}, 101)}, "hosts"},
	} {
		_, err := w.members.GrantLoad(root, w.own.ID, tt.grant)
		if coded, ok := errors.AsType[*apperr.Error](err); !ok || coded.Code != apperr.InvalidInput || coded.Field != tt.field {
			t.Errorf("%s: %v, want it to be refused by %s", name, err, tt.field)
		}
	}
	_, err = w.members.GrantLoad(root, ident.New(ident.Project), spec.LoadGrant{})
	w.wantCode("a project that is not there", err, apperr.NotFound)
	_, err = w.members.GrantLoad(w.in(w.own, w.ada, auth.Administrator), w.own.ID, spec.LoadGrant{MaxUsers: 2000})
	w.wantCode("the project's own administrator", err, apperr.Forbidden)
}
