// Package browser holds the proof of the daemon's page: the built binary, real lines, and a real Chromium that loads the
// page and uses it as people do. It is a module of its own, so that plumbago's knows nothing of what drives the browser.
package browser
