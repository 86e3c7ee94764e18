package chance

import (
	crypto "crypto/rand" // want `randomness: import of crypto/rand`
	"math/rand"          // want `randomness: import of math/rand`
	v2 "math/rand/v2"    // want `randomness: import of math/rand/v2`
)

func draw() int {
	b := make([]byte, 1)
	_, _ = crypto.Read(b)
	return rand.Int() + v2.Int()
}
