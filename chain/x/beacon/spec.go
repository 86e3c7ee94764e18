package beacon

import _ "embed"

// Spec is the module's specification: README.md, as `ergon explain` reads it.
//
//go:embed README.md
var Spec string
