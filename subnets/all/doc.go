package all

//go:generate go run ../../tools/markets -root ..
