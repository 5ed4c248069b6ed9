// Package schedules starts runs at the times of cron expressions. It is the only
// writer of schedules: those that people make, and those that a plan's own text
// asks for. Any number of processes may fire them: a time starts one run.
package schedules
