// Package conformance runs the official suite of the Gateway API; `go test -c` makes a command of it.
package conformance

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
