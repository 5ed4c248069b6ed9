package cli

import (
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/cli/client"
)

type shardFlags struct {
	Shard string `name:"shard" placeholder:"I/N" help:"Only part I of N of the cases, such as 1/3. Where the parts share a server or a database, they are divided by how long the cases took, else in turn."`
	Group string `name:"shard-group" placeholder:"NAME" help:"What the shards of one build have in common. Default: the build's number, where the CI system tells it."`
}

// builds are the variables by which CI systems tell the number of a build, the
// same in all its jobs. It must not change when a single job is repeated: its
// shard would have other cases.
var builds = []string{
	"GITHUB_RUN_ID", "CI_PIPELINE_ID", "CIRCLE_WORKFLOW_ID", "BUILDKITE_BUILD_ID", "BUILD_BUILDID",
	"TRAVIS_BUILD_ID", "BITBUCKET_BUILD_NUMBER", "DRONE_BUILD_NUMBER", "BUILD_TAG",
}

// shard reads the flags, for shards that see one another's data or do not.
func (f shardFlags) shard(sys Sys, shared bool) (client.Shard, error) {
	if f.Shard == "" {
		if f.Group != "" {
			return client.Shard{}, usage("--shard-group goes with --shard")
		}
		return client.Shard{}, nil
	}
	left, right, _ := strings.Cut(f.Shard, "/")
	index, err1 := strconv.Atoi(left)
	total, err2 := strconv.Atoi(right)
	if err1 != nil || err2 != nil || index < 1 || total < index {
		return client.Shard{}, usage("--shard %s: give the part and the number of parts, such as 1/3", f.Shard)
	}
	out := client.Shard{Index: index, Total: total, Group: f.Group}
	if !shared {
		if f.Group != "" {
			return client.Shard{}, usage("--shard-group needs a server or a database that the shards share: give --remote or --database-url")
		}
		return out, nil // each would divide by durations that the others do not know
	}
	for _, name := range builds {
		if v, ok := sys.LookupEnv(name); ok && v != "" && out.Group == "" {
			out.Group = name + " " + v
		}
	}
	return out, nil
}
