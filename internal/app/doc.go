// Package app is the composition root: it brings up what the configuration
// asks for (embedded or real servers, API, workers), joins the rooms, and takes
// everything down again in the opposite order.
package app
