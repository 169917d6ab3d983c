# Plants defects, one at a time, and shows that the simulation catches each; to
# be sourced. A defect is a patch of test/teeth, and the simulation has caught
# it if a run fails among the seeds that every check of a change can afford.

teeth=$cache/teeth
# Seeds in all, and of each family before the next has its turn.
seed_budget=2000
seed_step=8
# Seconds after which that many seeds do not end.
step_limit=600

# Brings the scratch copy up to date with the tracked files. What is the same
# keeps its time, so that only what differs is compiled.
sync_teeth() {
  local file
  mkdir -p "$teeth/tree"
  git ls-files -- ':!docs' | sort > "$teeth/files"
  (cd "$teeth/tree" && find . -type f | sed 's|^\./||' | sort) \
    | comm -13 "$teeth/files" - | while IFS= read -r file; do
    rm -f "$teeth/tree/$file"
  done
  while IFS= read -r file; do
    cmp -s "$file" "$teeth/tree/$file" && continue
    mkdir -p "$(dirname "$teeth/tree/$file")"
    cp "$file" "$teeth/tree/$file"
  done < "$teeth/files"
}

# Optimised, or seeds take too long; each source by itself, so that a defect
# costs one of them.
configure_teeth() {
  cmake -G Ninja -S "$teeth/tree" -B "$teeth/build" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE='-O1 -DNDEBUG' \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DNATGW_BATCH=0 -DNATGW_TESTS=ON \
    > "$teeth/configure.log" 2>&1 \
    || { cat "$teeth/configure.log" >&2; die 'cannot configure the copy'; }
}

build_teeth() {
  CCACHE_BASEDIR=$teeth/tree run nice cmake --build "$teeth/build" \
    --parallel "$cores" --target natgw-sim > "$teeth/build.log" 2>&1
}

# What a failed step of a family says first, as a cell of a table.
bite_text() {
  local line
  line=$(grep "^$1 seed " "$teeth/run.log" | sort -t ' ' -k 3n | head -n 1)
  line=${line#"$1 "}
  [[ -n $line ]] || line='seed ?: a run has died or does not end'
  printf '%s\n' "${line//|/;}"
}

# Whether a seed fails without the defect, too: then it shows nothing.
fails_anyway() {
  local seed=${2#seed }
  [[ $seed != '?' ]] || return 1
  ! run timeout "$step_limit" "$teeth/natgw-sim" --family "$1" --seed "$seed" \
    > "$teeth/clean.log" 2>&1
}

# run_step FAMILY FIRST: whether the next seeds pass.
run_step() {
  run timeout "$step_limit" "$teeth/build/test/natgw-sim" --family "$1" \
    --seed "$2" --seeds "$seed_step" --jobs "$cores" > "$teeth/run.log" 2>&1
}

# Lets one defect meet the seeds of all families in turn. Sets `bitten` to
# "family seed|seeds|what broke", or to nothing.
bite() {
  local first=1 seeds=0 family text
  bitten=
  while ((seeds < seed_budget)); do
    for family in $families; do
      seeds=$((seeds + seed_step))
      run_step "$family" "$first" && continue
      text=$(bite_text "$family")
      # What has died without a word shall do so again.
      [[ $text != 'seed ?'* ]] || { run_step "$family" "$first" && continue; }
      fails_anyway "$family" "${text%%:*}" && continue
      bitten="$family ${text%%:*}|$seeds|$(cut -c1-110 <<< "${text#*: }")"
      return
    done
    first=$((first + seed_step))
  done
}

# try_defect PATCH: one row of the table.
try_defect() {
  local patch=$1 name defect
  name=$(basename "$patch" .patch)
  defect=$(sed -n '/^# /!q; s/^# //p' "$patch" | tr '\n' ' ')
  say "$name"
  bitten=
  if ! (cd "$teeth/tree" && git apply "$root/$patch"); then
    bitten='-|-|does not apply any more'
    free=$((free + 1))
  elif ! build_teeth; then
    tail -n 30 "$teeth/build.log" >&2
    bitten='-|-|does not compile'
    free=$((free + 1))
  else
    bite
    if [[ -z $bitten ]]; then
      bitten="-|$seed_budget|**not caught**"
      free=$((free + 1))
    fi
  fi
  printf '| %s | %s| %s |\n' "$name" "$defect" "${bitten//|/ | }" \
    | tee -a "$teeth/rows"
  (cd "$teeth/tree" && git apply -R "$root/$patch") || sync_teeth
}

write_teeth() {
  cat << TEXT
# The simulation's teeth

\`./dev teeth\` plants each defect of \`test/teeth\` in a copy of the tree,
compiles the simulation, and lets seeds of every family run, $seed_step of each in
turn, until one fails: at most $seed_budget in all. A seed that fails without
the defect, too, does not count. This is what its last run over
all of them has written; \`test/tidy.sh\` checks that each patch still applies.

| patch | defect | caught by | seeds | what broke |
|---|---|---|---|---|
$(cat "$teeth/rows")
TEXT
}

# run_teeth [NAME...]: all defects, or those whose file names begin so.
run_teeth() {
  local patch patches=() name
  free=0
  for name in "${@:-}"; do
    for patch in test/teeth/"$name"*.patch; do
      [[ -e $patch ]] || die "there is no defect called $name"
      patches+=("$patch")
    done
  done
  sync_teeth
  configure_teeth
  say 'building the simulation (an optimised copy)'
  build_teeth || { tail -n 30 "$teeth/build.log" >&2; die 'it does not compile'; }
  cp "$teeth/build/test/natgw-sim" "$teeth/natgw-sim"
  families=$("$teeth/build/test/natgw-sim" --families)
  : > "$teeth/rows"
  for patch in "${patches[@]}"; do
    try_defect "$patch"
  done
  (($# > 0)) || write_teeth > docs/teeth.md
  printf '%d defects, %d not caught\n' "${#patches[@]}" "$free"
  ((free == 0))
}
