package scaffold

// What a new market has beside the template's files. NAME is its name.
const (
	mainHead = `// Command NAME is the market NAME and the whole of Ergon around it: the commands of ` + "`ergon`" + `, with one
// market more. A market is five files, one for each part of an incentive mechanism, and a registration:
//
`
	mainTail = `//	market.go     name, block time, tempo, strategies
//	lab.go        how the laboratory shows the reward functions what a miner did
package main

import "github.com/ergon-network/ergon/cli"

func main() { cli.Main("NAME") }
`

	ignore = "/NAME\n/.ergon/\n"

	readme = "# NAME\n" + `
Say here what the market is for, what miners are asked to do, and what they are paid for. It begins as a copy of the smallest
market there is: miners factor numbers, validators know the factors.

` + "```" + `
go test ./...                   # what each strategy earns, and each known attack
go run . localnet --tempos 3    # the whole market on this machine, until three tempos are paid
go build                        # NAME: all of Ergon's commands, with this market in them
./NAME lab table liar sybil --market NAME    # what an attack earns against honesty
` + "```" + `

| file | says |
|---|---|
| protocol.go | what validator and miner say to each other |
| task.go | what miners are asked to do, drawn from a seed |
| reward.go | how an answer becomes a score: a pure function |
| miner.go | the strategies that ship, honest and not |
| validator.go | one round: draw, ask, judge |
| market.go | name, block time, tempo, strategies |
| lab.go | how the laboratory shows the reward functions what a miner did |

## Join as a miner

- [ ] ` + "`./NAME wallet new me`" + ` and coins for it
- [ ] ` + "`./NAME subnet register NETUID --wallet me --max-cost 1.5`" + `
- [ ] ` + "`./NAME miner run --strategy honest --wallet me --listen 0.0.0.0:8091 --advertise ADDRESS:8091`" + `

## Join as a validator

- [ ] keys, coins and a uid as a miner, and stake: ` + "`./NAME stake add HOTKEY 10000 --wallet me`" + `
- [ ] ` + "`./NAME validator run --wallet me --status 127.0.0.1:8095`" + `
`
)
