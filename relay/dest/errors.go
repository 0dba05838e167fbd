package dest

import "errors"

var (
	// errGone ends a connection that the endpoint has closed.
	errGone = errors.New("the endpoint closed the connection")
	// errStalled ends a write that made no progress for write_timeout.
	errStalled = errors.New("the endpoint takes nothing any more")
	// errSilent ends a connection that the endpoint was asked to end, and did not.
	errSilent = errors.New("the endpoint does not say that it has read everything")
	// errMute ends a connection on which a command is not answered within write_timeout.
	errMute = errors.New("the server does not answer")
	// errStrange ends a connection on which something else comes than answers.
	errStrange = errors.New("the server does not speak as a Redis does")
	// errUnfit says that a line can never be written where it belongs: it is dropped, and the lines after it are not
	// held up.
	errUnfit = errors.New("it cannot be written there")
)
