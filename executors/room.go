package executors

// Roomy is an Executor that can tell for how many cases at once the machine has
// room, those under way counted. It changes as cases come and go.
type Roomy interface {
	// Room is at least 1; false where it is not known.
	Room() (int, bool)
}
