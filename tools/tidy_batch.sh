#!/usr/bin/env bash
# tidy_batch.sh CACHE KEY SOURCE [KEY SOURCE]...: analyses the sources as one,
# which goes through their headers once; if all pass, leaves files called like
# the keys in CACHE.
set -uo pipefail

cache=$1
shift
keys=()
folder=$(dirname "$2")
checks=-bugprone-suspicious-include
# Tests may waste time.
[[ $2 != test/* ]] || checks+=,-performance-*
batch=$(mktemp --suffix=.cpp "$cache/batch.XXXXXX")
trap 'rm -f "$batch"' EXIT
# The sources of tests have helpers of the same names, so that each becomes a
# namespace of its own, without what it includes.
enclose() {
  printf 'namespace source_%d { // %s\n' "$2" "$1"
  sed 's/^#include .*//' "$1"
  printf '} // namespace source_%d\n' "$2"
}

# Names the sources and their lines in place of the batch's.
translate() {
  awk -v batch="$batch" '
  FNR == NR {
    if (/^namespace source_[0-9]+ {/) name = $NF
    first = /^namespace source_[0-9]+ {/ ? FNR : first
    file[FNR] = name
    line[FNR] = FNR - first
    next
  }
  index($0, batch ":") == 1 {
    rest = substr($0, length(batch) + 2)
    n = rest + 0
    sub(/^[0-9]+/, "", rest)
    if (n in file && file[n] != "") { print file[n] ":" line[n] rest; next }
  }
  { print }' "$batch" -
}

if (($# > 2)) && [[ $2 == test/* ]]; then
  sources=("$@")
  for ((i = 1; i < $#; i += 2)); do
    grep '^#include ' "${sources[i]}"
  done | sort -u > "$batch"
  for ((i = 1; i < $#; i += 2)); do
    keys+=("$cache/${sources[i - 1]}")
    enclose "${sources[i]}" "$i" >> "$batch"
  done
else
  while (($# > 0)); do
    keys+=("$cache/$1")
    printf '#include "%s"\n' "$2" >> "$batch"
    shift 2
  done
fi

# clang does not set what Boost 1.74 looks for before it offers coroutines.
flags=(-std=c++23 "-I$PWD" -iquote "$PWD/$folder" -DBOOST_ASIO_HAS_CO_AWAIT
  -DBOOST_ASIO_HAS_STD_COROUTINE -DBOOST_TEST_DYN_LINK
  '-DNATGW_VERSION="0"' '-DNATGW_SOURCE_DIR="."' '-DNATGW_CONTROLLER="."'
  '-DNATGW_FREEZE="."' '-DNATGW_SIM="."')
if output=$(clang-tidy-19 --quiet --config-file=.clang-tidy \
  --checks="$checks" "$batch" -- "${flags[@]}" 2>&1); then
  touch "${keys[@]}"
else
  translate <<< "$output"
  exit 1
fi
