// Command sluice is an AI gateway: one door to every model.
package main

import (
	"os"

	"sluice/internal/app"
)

func main() { os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr)) }
