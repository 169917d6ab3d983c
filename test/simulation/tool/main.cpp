#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "test/simulation/shrink.hpp"
#include "test/simulation/world.hpp"

// natgw-sim: replays one run of the simulation, or looks for one that fails.

namespace {

using namespace natgw::simulation;

struct wishes {
  std::string kind = "everything";
  uint64_t seed = 1;
  uint64_t seeds = 1;
  plan_wishes size;
  size_t lines = 200;
  bool logs = false;
  bool acts = false;
  bool shrinks = false;
  unsigned jobs = 1;
};

void show(const plan& what, const outcome& x, bool acts) {
  if (acts)
    for (const auto& y : what.acts)
      fmt::print("{}\n", to_string(y));
  for (const auto& line : x.tail)
    fmt::print("{}\n", line);
  for (const auto& line : x.problems)
    fmt::print("{}\n", line);
}

int search(const wishes& x) {
  auto kind = family_of(x.kind);
  if (!kind) {
    fmt::print(stderr, "no such family: {}\n", x.kind);
    return 2;
  }
  const auto began = std::chrono::steady_clock::now();
  uint64_t messages = 0;
  uint64_t lives = 0;
  uint64_t calls = 0;
  uint64_t failed = 0;
  for (auto seed = x.seed; seed < x.seed + x.seeds; ++seed) {
    auto what = make_plan(*kind, seed, x.size);
    auto got = run(what, {.lines = x.lines, .logs = x.logs});
    messages += got.messages;
    lives += got.lives;
    calls += got.calls;
    if (got.problems.empty()) {
      if (x.seeds == 1)
        fmt::print("clean; hash {:016x}, {} messages, {} pods, {} crashes, {} "
                   "s\n",
                   got.hash, got.messages, got.lives, got.crashes,
                   got.length / std::chrono::seconds{1});
      continue;
    }
    ++failed;
    if (x.seeds == 1 && x.shrinks) {
      what = shrink(what);
      got = run(what, {.lines = x.lines, .logs = x.logs});
    }
    if (x.seeds == 1)
      show(what, got, x.acts);
    else
      fmt::print("seed {}: {}\n", seed,
                 got.problems.front()
                   + (got.problems.size() > 1 ? got.problems[1] : ""));
    std::fflush(stdout);
  }
  auto took
    = std::chrono::duration<double>(std::chrono::steady_clock::now() - began)
        .count();
  fmt::print("{}: {} runs in {:.1f} s, {} failed; {:.0f} runs/min, {:.0f} "
             "messages/s, {:.0f} pods/s, {:.0f} calls/s\n",
             x.kind, x.seeds, took, failed,
             static_cast<double>(x.seeds) / took * 60,
             static_cast<double>(messages) / took,
             static_cast<double>(lives) / took,
             static_cast<double>(calls) / took);
  return failed == 0 ? 0 : 1;
}

/// Shares the seeds among processes: a run is one thread's work.
int share(const wishes& x) {
  std::vector<pid_t> children;
  for (unsigned i = 0; i < x.jobs; ++i) {
    auto mine = x;
    mine.seed = x.seed + x.seeds * i / x.jobs;
    mine.seeds = x.seed + x.seeds * (i + 1) / x.jobs - mine.seed;
    auto child = fork();
    if (child == 0) {
      auto status = search(mine);
      std::fflush(stdout);
      _exit(status);
    }
    children.push_back(child);
  }
  auto result = 0;
  for (auto child : children) {
    auto status = 0;
    waitpid(child, &status, 0);
    if (status != 0)
      result = 1;
  }
  return result;
}

int main_of(const wishes& x) {
  return x.jobs > 1 && x.seeds > 1 ? share(x) : search(x);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Replays a run of the simulation, or many"};
  wishes x;
  app.add_option("--family", x.kind,
                 "calm, storm, crash, replicas, pairs, "
                 "refusals, hands or everything");
  app.add_option("--seed", x.seed, "The first seed");
  app.add_option("--seeds", x.seeds, "How many");
  app.add_option("--pods", x.size.slots, "Names of pods");
  app.add_option("--lives", x.size.lives, "Pods of each name");
  app.add_option("--lines", x.lines, "Lines of the transcript to show");
  app.add_flag("--logs", x.logs, "Show the controller's log in it");
  app.add_flag("--shrink", x.shrinks, "Show the least plan that still fails");
  app.add_option("--jobs", x.jobs, "Processes that share the seeds");
  app.add_flag("--acts", x.acts, "Show the plan");
  CLI11_PARSE(app, argc, argv);
  try {
    return main_of(x);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 2;
  }
}
