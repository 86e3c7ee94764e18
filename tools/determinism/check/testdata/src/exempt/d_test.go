package exempt

import (
	"math/rand"
	"testing"
	"time"
)

func TestExempt(t *testing.T) {
	go func() {}()
	t.Log(rand.Float64(), time.Now())
}
