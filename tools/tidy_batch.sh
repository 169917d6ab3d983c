#!/usr/bin/env bash
# tidy_batch.sh CACHE KEY SOURCE [KEY SOURCE]...: analyses the sources as one,
# which reads their headers once; if all pass, leaves files called like the
# keys in CACHE.
set -uo pipefail

cache=$1
shift
keys=()
checks=-bugprone-suspicious-include
# Tests may waste time.
[[ $2 != test/* ]] || checks+=,-performance-*
batch=$(mktemp --suffix=.cpp "$cache/batch.XXXXXX")
trap 'rm -f "$batch"' EXIT
while (($# > 0)); do
  keys+=("$cache/$1")
  printf '#include "%s"\n' "$2" >> "$batch"
  shift 2
done

# clang does not set what Boost 1.74 looks for before it offers coroutines.
flags=(-std=c++23 "-I$PWD" -DBOOST_ASIO_HAS_CO_AWAIT
  -DBOOST_ASIO_HAS_STD_COROUTINE -DBOOST_TEST_DYN_LINK
  '-DNATGW_VERSION="0"' '-DNATGW_SOURCE_DIR="."' '-DNATGW_CONTROLLER="."')
if output=$(clang-tidy-19 --quiet --config-file=.clang-tidy \
  --checks="$checks" "$batch" -- "${flags[@]}" 2>&1); then
  touch "${keys[@]}"
else
  printf '%s\n' "$output"
  exit 1
fi
