package exempt

var written = 0.5 // want `float: value of type float64`
