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
# Two OpenAPI documents of what the node answers as JSON: the ledger's own queries, and the engine's.
GOBIN=$bin go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2@v2.27.2
openapi() { # openapi NAME TITLE OPTIONS FILE...
  local name=$1 title=$2 options=$3
  shift 3
  printf 'openapiOptions:\n  file:\n    - file: "%s"\n      option:\n        info:\n          title: "%s"\n          version: "1"\n' "$1" "$title" >"$out/$name.yaml"
  PATH=$bin:$PATH protoc -I chain/proto -I "$sdk/proto" -I "$cp/proto" -I "$gogo" -I "$gogo/protobuf" -I "$api" --openapiv2_out="$out" \
    --openapiv2_opt="allow_merge=true,merge_file_name=$name,json_names_for_fields=false,openapi_naming_strategy=fqn,include_package_in_tags=true,openapi_configuration=$out/$name.yaml$options" "$@"
  # Operation ids must differ: "Query_Params" of two modules does not, so the module goes in front.
  awk '/^    "\/(ergon|cosmos)\// { split($0, part, "/"); module = part[3] } { sub(/"operationId": "/, "&" module "_") } 1' \
    "$out/$name.swagger.json" >"chain/node/openapi/$name.json"
}
mkdir -p chain/node/openapi
openapi ledger "Ergon ledger: queries" "" $(cd chain/proto && find ergon -name '*.proto' | xargs grep -l google.api.http | sort)
openapi engine "Ergon ledger: blocks, transactions, accounts and coins" ",ignore_comments=true" cosmos/auth/v1beta1/query.proto \
  cosmos/bank/v1beta1/query.proto cosmos/base/tendermint/v1beta1/query.proto cosmos/tx/v1beta1/service.proto
cp -r "$out"/github.com/ergon-network/ergon/chain/. chain/
