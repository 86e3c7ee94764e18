package main

import (
	"os"
	"testing"
)

func TestAllMarketsAreLinked(t *testing.T) {
	want, err := Generate("../../subnets")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../subnets/all/all.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("subnets/all/all.go is out of date: run go generate ./subnets/all\n%s", want)
	}
}
