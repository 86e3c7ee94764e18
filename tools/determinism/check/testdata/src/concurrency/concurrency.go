package concurrency

func race(a, b chan int) int {
	go func() { a <- 1 }() // want `concurrency: goroutines finish in any order`
	select {               // want `concurrency: select chooses at random`
	case v := <-a:
		return v
	case v := <-b:
		return v
	}
}

func sequence(a chan int) int { return <-a }
