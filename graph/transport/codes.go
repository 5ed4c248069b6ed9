package transport

import "unicode/utf8"

// Close codes. The stock client connects again after 1012, 1013, 4403, 4408 and
// 4499, and gives up after the others.
const (
	closeNormal      = 1000
	closeProtocol    = 1002
	closeNotUTF8     = 1007
	closeTooBig      = 1009
	closeRestart     = 1012
	closeTryLater    = 1013
	closeBadRequest  = 4400
	closeNoInit      = 4401
	closeForbidden   = 4403
	closeInitTimeout = 4408
	closeDuplicate   = 4409
	closeTooMany     = 4429
	closeTerminated  = 4499
)

// reasonOf cuts a reason to what fits into a close frame.
func reasonOf(reason string) string {
	const most = 123
	if len(reason) <= most {
		return reason
	}
	reason = reason[:most]
	for !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	return reason
}
