// Package thirdparty holds scripts of other projects that run in audited pages,
// byte for byte as npm delivers them: building needs no npm.
//
// axe-core 4.14.1 (axe.min.js) is © Deque Systems under the Mozilla Public
// License 2.0; its source is at https://github.com/dequelabs/axe-core/tree/v4.14.1.
// web-vitals 6.2.3 (the attribution build) is © Google LLC under the Apache
// License 2.0; its source is at https://github.com/GoogleChrome/web-vitals.
// Each folder has the licence beside the script, and the scripts keep their
// notices.
//
// To renew one: npm ci --ignore-scripts in a folder with the new version, copy
// the file here with its licences, and put its SHA-256 and the version, here and
// in thirdparty.go, in their place; the test compares them.
package thirdparty
