#include "test/integration/process.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/integration/kept_output.hpp"

namespace natgw::test {

process::process(std::vector<std::string> command) {
  start_reading(std::move(command), -1);
}

process::process(std::vector<std::string> command, int input) {
  start_reading(std::move(command), input);
}

void process::start_reading(std::vector<std::string> command, int in) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe");
  out_ = fdopen(ends[0], "r");
  start(std::move(command), {.in = in, .out = ends[1]});
}

process::process(std::vector<std::string> command, const std::string& log_path)
  : log_path_{log_path} {
  auto log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                  0600);
  if (log < 0)
    throw std::runtime_error("cannot write " + log_path);
  start(std::move(command), {.out = log, .err = log});
}

void process::start(std::vector<std::string> command, const outlets& x) {
  // A test that is killed takes what it started along.
  command.insert(command.begin(), {"setpriv", "--pdeathsig", "KILL", "--"});
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, x.out, STDOUT_FILENO);
  if (x.in >= 0)
    posix_spawn_file_actions_adddup2(&actions, x.in, STDIN_FILENO);
  if (x.err >= 0)
    posix_spawn_file_actions_adddup2(&actions, x.err, STDERR_FILENO);
  // A connection of a server in this process would stay open with the child.
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  // The child must not inherit the signals that we keep blocked.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (auto& word : command)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto problem = posix_spawnp(&pid_, arguments[0], &actions, &attributes,
                              arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(x.out);
  if (x.in >= 0)
    close(x.in);
  if (problem != 0) {
    pid_ = -1;
    throw std::runtime_error("cannot start " + command[4]);
  }
}

process::~process() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  keep_what_it_wrote();
  if (out_ != nullptr)
    std::fclose(out_);
}

void process::keep_what_it_wrote() {
  if (out_ != nullptr) {
    read_all();
    keep_output("output", said_);
  }
  // A device has no end.
  if (std::error_code ignored;
      !std::filesystem::is_regular_file(log_path_, ignored))
    return;
  std::ifstream in{log_path_};
  std::ostringstream text;
  if (in && text << in.rdbuf())
    keep_output("log", text.str());
}

std::string process::read_until(const std::string& text) {
  std::string result;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), out_)
         != nullptr) {
    result += line.data();
    if (std::string{line.data()}.find(text) != std::string::npos)
      break;
  }
  said_ += result;
  return result;
}

std::string process::read_all() {
  std::string result;
  std::array<char, 4096> part{};
  while (auto n = std::fread(part.data(), 1, part.size(), out_))
    result.append(part.data(), n);
  said_ += result;
  return result;
}

void process::signal(int number) const {
  if (pid_ > 0)
    kill(pid_, number);
}

bool process::is_running() const {
  siginfo_t ended{};
  return pid_ > 0
         && waitid(P_PID, static_cast<id_t>(pid_), &ended,
                   WEXITED | WNOHANG | WNOWAIT)
              == 0
         && ended.si_pid == 0;
}

bool process::is_stopped() const {
  std::ifstream in{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string text;
  std::getline(in, text);
  // "PID (NAME) STATE ...", and the name may hold anything.
  auto name_ends = text.rfind(')');
  return name_ends != std::string::npos && text.size() > name_ends + 2
         && text[name_ends + 2] == 'T';
}

int process::wait() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_)
    return -1;
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

temporary_folder::temporary_folder() {
  auto name
    = (std::filesystem::temp_directory_path() / "natgw.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("mkdtemp");
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace natgw::test
