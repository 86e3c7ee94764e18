package purse

import (
	"testing"

	"github.com/stretchr/testify/require"

	signingtypes "github.com/cosmos/cosmos-sdk/types/tx"
)

func TestMessagesThatCouldBeTransactions(t *testing.T) {
	doc := signingtypes.SignDoc{BodyBytes: []byte("readable"), AuthInfoBytes: []byte("too"), ChainId: "ergon-1", AccountNumber: 7}
	direct, err := doc.Marshal()
	require.NoError(t, err)
	amino := `{"account_number":"7","chain_id":"ergon-1","fee":{},"memo":"","msgs":[],"sequence":"1"}`
	for name, bad := range map[string]string{
		"nothing": "", "a transaction's bytes": string(direct), "its JSON": amino, "wrapped": "<Bytes>" + amino + "</Bytes>",
		"not UTF-8": "\xff\xfe", "a zero": "a\x00b", "an escape": "\x1b[2J", "C1": "\u009b",
	} {
		require.ErrorIs(t, CheckMessage([]byte(bad)), ErrUsage, name)
	}
	for _, good := range []string{"I own this hotkey.", "Grüße\n\tan alle\r\n", "<Bytes>hello</Bytes>", `{"name":"x"}`, "[1]", "5"} {
		require.NoError(t, CheckMessage([]byte(good)), good)
	}
}
