// A registry that has the referrers API, in memory. Argument: the address.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err == nil {
		err = http.Serve(listener, registry.New(registry.WithReferrersSupport(true)))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
