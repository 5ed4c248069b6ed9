// Package accept decides which generated cases a person is asked about: each
// check has a name, an outcome and a reason, and a case that fails one is not
// proposed.
//
// What a case says of itself counts for nothing: it is read, compared, performed
// and performed again, against the target and against the same target with
// injected faults, which it must notice. The package knows no executor: who
// performs cases is handed in.
package accept
