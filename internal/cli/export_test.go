package cli

// SettleBaselines is for tests whose executors are scripted: a local run has the
// real ones.
var SettleBaselines = settleBaselines

// BranchOf is for tests.
var BranchOf = branch
