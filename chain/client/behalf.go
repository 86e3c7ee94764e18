package client

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	msgv1 "cosmossdk.io/api/cosmos/msg/v1"
	gogoproto "github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/ergon-network/ergon/keys"
)

type behalfKey struct{}

// OnBehalf makes the calls under the returned context those of another account, which has made
// the signer its proxy: Submit writes the account where the signer's own address stands, and wraps
// the call. The signer pays the fee; what is free otherwise is not then.
func OnBehalf(ctx context.Context, account string) context.Context {
	return context.WithValue(ctx, behalfKey{}, account)
}

// represent is what a signer really submits: its calls, or under OnBehalf those of the account
// that it stands for.
func represent(ctx context.Context, signer string, msgs []sdk.Msg) ([]sdk.Msg, error) {
	account, ok := ctx.Value(behalfKey{}).(string)
	if !ok || account == signer {
		return msgs, nil
	}
	if _, err := keys.ParseSS58(account); err != nil {
		return nil, fmt.Errorf("account to act for: %w", err)
	}
	proxy, err := keys.ParseSS58(signer)
	if err != nil {
		return nil, err
	}
	inner := make([]sdk.Msg, len(msgs))
	for i, m := range msgs {
		raw, err := gogoproto.Marshal(m)
		if err != nil {
			return nil, err
		}
		inner[i] = reflect.New(reflect.TypeOf(m).Elem()).Interface().(sdk.Msg) // a message is a pointer to its struct
		if err := gogoproto.Unmarshal(raw, inner[i]); err != nil {
			return nil, err
		}
		if err := rename(inner[i], signer, account); err != nil {
			return nil, err
		}
	}
	exec := authz.NewMsgExec(proxy, inner)
	exec.Grantee = signer
	return []sdk.Msg{&exec}, nil
}

// rename writes another account where a message names its signer.
func rename(m sdk.Msg, from, to string) error {
	name := gogoproto.MessageName(m)
	found, err := gogoproto.HybridResolver.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return fmt.Errorf("describe %s: %w", name, err)
	}
	fields, _ := proto.GetExtension(found.Options(), msgv1.E_Signer).([]string)
	v := reflect.ValueOf(m).Elem()
	for i := range v.NumField() {
		for _, field := range fields {
			tag := v.Type().Field(i).Tag.Get("protobuf")
			if v.Field(i).Kind() == reflect.String && v.Field(i).String() == from && strings.Contains(tag+",", "name="+field+",") {
				v.Field(i).SetString(to)
				return nil
			}
		}
	}
	return fmt.Errorf("%s does not name %s as its signer: it cannot be made on behalf of another", name, from)
}
