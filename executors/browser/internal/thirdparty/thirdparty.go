package thirdparty

import _ "embed" // for the script

// AxeVersion is the version of Axe.
const AxeVersion = "4.14.1"

// Axe is axe-core: a script that puts axe among the globals of its window.
//
//go:embed axe-core/axe.min.js
var Axe string
