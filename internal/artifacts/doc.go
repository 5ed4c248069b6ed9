// Package artifacts stores what executors attach and hands it out to those who
// may see it. Content lies in a blob store (files by default, S3 by URL); the
// rows are written with the attempt, by runs.
package artifacts
