// Package browsersessions keeps browsers that stay open for somebody who acts in
// them bit by bit, and the commands that they are given. It is the only writer
// of both.
//
// A session belongs to the one worker that has taken it, which fences it: every
// write of the worker names it, and one that comes after the end is refused.
// What a browser holds cannot be carried to another one, so a session whose
// worker is lost has failed. Postgres is the truth; bells only hasten what
// everybody looks for anyway. All times are the database's.
package browsersessions
