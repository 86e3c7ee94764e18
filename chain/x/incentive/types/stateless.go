package types

// MaxSalt is how many numbers a salt may have.
const MaxSalt = 256

// ValidateBasic checks what needs no state.
func (m *MsgCommitWeights) ValidateBasic() error {
	if len(m.Hash) != 32 {
		return ErrCommitHash.Wrapf("%d bytes", len(m.Hash))
	}
	return nil
}

// ValidateBasic checks what needs no state: every number must fit the 16 bits that are hashed.
func (m *MsgRevealWeights) ValidateBasic() error {
	if len(m.Salt) > MaxSalt {
		return ErrSalt.Wrapf("%d numbers", len(m.Salt))
	}
	for _, v := range m.Salt {
		if v > 65535 {
			return ErrSalt.Wrapf("number %d", v)
		}
	}
	for _, list := range [][]uint32{m.Uids, m.Values} {
		for _, v := range list {
			if v > 65535 {
				return ErrValueRange.Wrapf("%d", v)
			}
		}
	}
	return nil
}
