package store

import "github.com/lib/pq"

// connect returns what opens connections for Ent.
func connect(databaseURL string) (*pq.Connector, error) {
	cfg, err := pq.NewConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = storeName
	}
	return pq.NewConnectorConfig(cfg)
}

// The names under which the two pools stand in pg_stat_activity, unless the
// database address gives one.
const (
	storeName = "semantest store"
	queueName = "semantest queue"
)

// name sets the application's name in a pgx connection's parameters.
func name(parameters map[string]string, name string) {
	if parameters["application_name"] == "" {
		parameters["application_name"] = name
	}
}
