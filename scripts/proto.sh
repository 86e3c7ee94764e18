#!/usr/bin/env bash
# Generates the Go code of chain/proto. Needs protoc (Debian: protobuf-compiler).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v protoc >/dev/null || { echo "protoc is missing: install protobuf-compiler"; exit 1; }
bin=$PWD/.tools/bin
mkdir -p "$bin"
GOBIN=$bin go install github.com/cosmos/gogoproto/protoc-gen-gocosmos
GOBIN=$bin go install github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway
dir() { go list -m -f '{{.Dir}}' "$1"; }
sdk=$(dir github.com/cosmos/cosmos-sdk) gogo=$(dir github.com/cosmos/gogoproto) cp=$(dir github.com/cosmos/cosmos-proto)
api=$(dir github.com/grpc-ecosystem/grpc-gateway)/third_party/googleapis
out=$(mktemp -d); trap 'rm -rf "$out"' EXIT
for d in $(find chain/proto -name '*.proto' -exec dirname {} \; | sort -u); do
  PATH=$bin:$PATH protoc -I chain/proto -I "$sdk/proto" -I "$cp/proto" -I "$gogo" -I "$gogo/protobuf" -I "$api" \
    --gocosmos_out=plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:"$out" \
    --grpc-gateway_out=logtostderr=true,allow_colon_final_segments=true:"$out" "$d"/*.proto
done
cp -r "$out"/github.com/ergon-network/ergon/chain/. chain/
