#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "test/simulation/shrink.hpp"
#include "test/simulation/survey.hpp"
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
  bool verbose = false;
  bool coverage = false;
  bool demanding = false;
  bool families = false;
};

family family_for(const wishes& x) {
  return x.kind == "all" ? family_in_turn(x.seed) : *family_of(x.kind);
}

void show(const plan& what, const outcome& x, bool acts) {
  if (acts)
    for (const auto& y : what.acts)
      fmt::print("{}\n", to_string(y));
  for (const auto& line : x.tail)
    fmt::print("{}\n", line);
  for (const auto& line : x.problems)
    fmt::print("{}\n", line);
}

/// Runs one seed and says what became of it, if that is worth a word.
run_report search(const wishes& x) {
  auto what = make_plan(family_for(x), x.seed, x.size);
  auto got = run(what, {.lines = x.lines, .logs = x.logs});
  if (got.problems.empty()) {
    if (x.verbose)
      fmt::print("seed {}: clean; hash {:016x}, {} messages, {} pods, {} "
                 "crashes, {} calls, {} s\n",
                 x.seed, got.hash, got.messages, got.lives, got.crashes,
                 got.calls, got.length / std::chrono::seconds{1});
    return {true, got.lives, got.met};
  }
  const run_report result{false, got.lives, got.met};
  if (x.verbose && x.shrinks) {
    what = shrink(what);
    got = run(what, {.lines = x.lines, .logs = x.logs});
  }
  if (x.verbose)
    show(what, got, x.acts);
  else
    fmt::print("{} seed {}: {}\n", to_string(what.kind), x.seed,
               fmt::join(got.problems, " | "));
  return result;
}

/// How the reports of children come back: each is written at once, since it is
/// smaller than what a pipe takes in one piece.
class mailbox {
public:
  mailbox() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0
        || fcntl(ends_[0], F_SETFL, O_NONBLOCK) != 0)
      throw std::runtime_error{"no pipe"};
  }

  bool send(const run_report& x) const {
    return write(ends_[1], &x, sizeof(x)) == sizeof(x);
  }

  void take_all(survey& to) const {
    run_report x;
    while (read(ends_[0], &x, sizeof(x)) == sizeof(x))
      to.add(x);
  }

private:
  std::array<int, 2> ends_{};
};

/// Each seed in a process of its own, `jobs` of them at a time: a run then is
/// the same whatever ran before it.
survey share(const wishes& x) {
  survey result;
  mailbox box;
  const auto reap = [&] {
    auto status = 0;
    wait(&status);
    box.take_all(result);
  };
  unsigned running = 0;
  for (uint64_t i = 0; i < x.seeds; ++i) {
    if (running == x.jobs)
      reap();
    else
      ++running;
    auto one = x;
    one.seed = x.seed + i;
    one.seeds = 1;
    if (fork() != 0)
      continue;
    auto report = search(one);
    std::fflush(stdout);
    _exit(box.send(report) && report.good ? 0 : 1);
  }
  for (; running > 0; --running)
    reap();
  return result;
}

int main_of(const wishes& x) {
  const auto began = std::chrono::steady_clock::now();
  const auto met = share(x);
  auto took
    = std::chrono::duration<double>(std::chrono::steady_clock::now() - began)
        .count();
  auto good = met.good() == x.seeds;
  if (x.coverage || x.demanding)
    for (const auto& line : met.lines())
      fmt::print("{}\n", line);
  if (x.demanding)
    for (const auto& line : met.missing({})) {
      fmt::print("{}\n", line);
      good = false;
    }
  fmt::print("{}: {} runs in {:.1f} s, {:.0f} a minute: {} passed, {} failed\n",
             x.kind, x.seeds, took, static_cast<double>(x.seeds) / took * 60,
             met.good(), x.seeds - met.good());
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Replays a run of the simulation, or many"};
  wishes x;
  app.add_option(
    "--family", x.kind,
    "calm, storm, crash, replicas, pairs, "
    "refusals, hands, everything or writes; all: each in its turn");
  app.add_option("--seed", x.seed, "The first seed");
  app.add_option("--seeds", x.seeds, "How many")->check(CLI::PositiveNumber);
  app.add_option("--pods", x.size.slots, "Names of pods")
    ->check(CLI::PositiveNumber);
  app.add_option("--lives", x.size.lives, "Pods of each name")
    ->check(CLI::PositiveNumber);
  app.add_option("--lines", x.lines, "Lines of the transcript to show")
    ->check(CLI::PositiveNumber);
  app.add_flag("--logs", x.logs, "Show the controller's log in it");
  app.add_flag("--shrink", x.shrinks, "Show the least plan that still fails");
  app.add_option("--jobs", x.jobs, "Processes that share the seeds")
    ->check(CLI::PositiveNumber);
  app.add_flag("--coverage", x.coverage, "Say what the runs have met");
  app.add_flag("--check-coverage", x.demanding,
               "And fail where that is too little: see docs/simulation.md");
  app.add_flag("--acts", x.acts, "Show the plan");
  app.add_flag("--families", x.families, "Only name the families");
  CLI11_PARSE(app, argc, argv);
  if (x.families) {
    for (size_t i = 0; i < family_count; ++i)
      fmt::print("{}\n", to_string(static_cast<family>(i)));
    return 0;
  }
  if (x.kind != "all" && !family_of(x.kind)) {
    fmt::print(stderr, "no such family: {}\n", x.kind);
    return 2;
  }
  x.verbose = x.seeds == 1;
  try {
    return main_of(x);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 2;
  }
}
