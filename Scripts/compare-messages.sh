#!/usr/bin/env bash
# FlowMessages written here beside those that swift-protobuf writes, byte by byte.
#
#   compare-messages.sh [COUNT]     compares so many random messages (200,000)
#   compare-messages.sh --record    makes anew the messages by swift-protobuf that the tests compare with
#   compare-messages.sh --generate  makes anew swift-protobuf's code for Docs/flow.proto, after a change of it
#
# swift-protobuf is built for this only, and not by the tests; protoc is Debian's protobuf-compiler.
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # lib.sh sets it
cd "$root"

package=Tests/SwiftProtobuf
scratch=.build-protobuf
build() { swift build -c release --package-path "$package" --scratch-path "$scratch" --product "$1"; }

case ${1:-} in
--generate)
    build protoc-gen-swift
    protoc --proto_path=Docs --plugin="$scratch/release/protoc-gen-swift" \
        --swift_out="$package/Sources/CompareMessages/Generated" Docs/flow.proto
    ;;
--record)
    build CompareMessages
    "$scratch/release/CompareMessages" 2000 --record Tests/Fixtures/messages/swift-protobuf.bin
    ;;
*)
    build CompareMessages
    "$scratch/release/CompareMessages" "${1:-200000}"
    ;;
esac
