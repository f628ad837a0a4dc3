// Package route walks a plan: it chooses targets, retries and falls back. It
// is the only place that decides whether another attempt is made. It must not
// know what an attempt is: that is a function handed in. Start with Walker.
package route
