package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/cli/client"
)

func TestShardFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		flags  shardFlags
		env    map[string]string
		shared bool
		want   client.Shard
		fails  bool
	}{
		{name: "none", shared: true},
		{name: "no build", flags: shardFlags{Shard: "1/3"}, shared: true, want: client.Shard{Index: 1, Total: 3}},
		{name: "a name", flags: shardFlags{Shard: "3/3", Group: "g"}, env: map[string]string{"CI_PIPELINE_ID": "7"}, shared: true, want: client.Shard{Index: 3, Total: 3, Group: "g"}},
		{name: "GitHub, second attempt", flags: shardFlags{Shard: "2/3"}, env: map[string]string{"GITHUB_RUN_ID": "12", "GITHUB_RUN_ATTEMPT": "2"}, shared: true, want: client.Shard{Index: 2, Total: 3, Group: "GITHUB_RUN_ID 12"}},
		{name: "Jenkins", flags: shardFlags{Shard: "2/3"}, env: map[string]string{"BUILD_TAG": "jenkins-a-4"}, shared: true, want: client.Shard{Index: 2, Total: 3, Group: "BUILD_TAG jenkins-a-4"}},
		{name: "an empty number", flags: shardFlags{Shard: "2/3"}, env: map[string]string{"GITHUB_RUN_ID": ""}, shared: true, want: client.Shard{Index: 2, Total: 3}},
		{name: "each its own database", flags: shardFlags{Shard: "2/3"}, env: map[string]string{"GITHUB_RUN_ID": "12"}, want: client.Shard{Index: 2, Total: 3}},
		{name: "a group of which the others know nothing", flags: shardFlags{Shard: "2/3", Group: "g"}, fails: true},
		{name: "a group alone", flags: shardFlags{Group: "g"}, shared: true, fails: true},
		{name: "no number", flags: shardFlags{Shard: "2"}, fails: true},
		{name: "zero", flags: shardFlags{Shard: "0/3"}, fails: true},
		{name: "too large", flags: shardFlags{Shard: "4/3"}, fails: true},
		{name: "words", flags: shardFlags{Shard: "a/b"}, fails: true},
		{name: "three numbers", flags: shardFlags{Shard: "1/2/3"}, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sys := Sys{LookupEnv: func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok }}
			got, err := tt.flags.shard(sys, tt.shared)
			if (err != nil) != tt.fails {
				t.Fatalf("%v, want a failure: %t", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); err == nil && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
