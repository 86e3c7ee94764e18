package types

import "github.com/ergon-network/ergon/chain/ss58"

// ParseKey reads the address of a key in either form; a module's address is refused. what names
// the field in the error.
func ParseKey(what, text string) ([]byte, error) {
	account, err := ss58.Codec{}.StringToBytes(text)
	if err != nil {
		return nil, ErrAccount.Wrapf("%s: %s", what, err)
	}
	if len(account) != AccountSize {
		return nil, ErrAccount.Wrapf("%s %s has %d bytes, a key has %d: give the key's SS58 address", what, text, len(account), AccountSize)
	}
	return account, nil
}

// field is an address of a message.
type field struct{ name, text string }

// parsed checks that all are addresses of keys. What needs the state is checked when a message
// executes, in the order of README.md; nothing else is checked before, so that order holds.
func parsed(fields ...field) error {
	for _, f := range fields {
		if _, err := ParseKey(f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

// ValidateBasic checks what the message alone can show.
func (m *MsgAddStake) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"hotkey", m.Hotkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgRemoveStake) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"hotkey", m.Hotkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgRemoveAllStake) ValidateBasic() error {
	if m.After == "" {
		return parsed(field{"coldkey", m.Coldkey})
	}
	return parsed(field{"coldkey", m.Coldkey}, field{"after", m.After})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgMoveStake) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"from", m.From}, field{"to", m.To})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgBecomeDelegate) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"hotkey", m.Hotkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgDecreaseTake) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"hotkey", m.Hotkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgIncreaseTake) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"hotkey", m.Hotkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgSwapHotkey) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"old", m.Old}, field{"new", m.New})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgScheduleColdkeySwap) ValidateBasic() error {
	return parsed(field{"coldkey", m.Coldkey}, field{"new", m.New})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgExecuteColdkeySwap) ValidateBasic() error {
	return parsed(field{"signer", m.Signer}, field{"coldkey", m.Coldkey})
}

// ValidateBasic checks what the message alone can show.
func (m *MsgCancelColdkeySwap) ValidateBasic() error {
	return parsed(field{"root", m.Root}, field{"coldkey", m.Coldkey})
}

// ValidateBasic checks what the message alone can show. Whether the parameters agree is asked after
// who sets them.
func (m *MsgSetParams) ValidateBasic() error { return parsed(field{"root", m.Root}) }
