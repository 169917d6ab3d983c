#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <sys/types.h>

/// Other processes, for tests that need the program as a whole.
namespace natgw::test {

/// A process whose standard output we read. Killed if it still runs when this
/// object goes; what it wrote is then kept (`keep_output`).
class process {
public:
  /// Starts a program with arguments; its standard error is ours.
  explicit process(std::vector<std::string> command);

  /// The same, but both its outputs go to the end of a file.
  process(std::vector<std::string> command, const std::string& log_path);

  /// As the first, but it reads from `input`, which is taken over.
  process(std::vector<std::string> command, int input);
  ~process();

  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Reads up to and with the first line that contains `text`; all that was
  /// read. Ends early if the process does.
  std::string read_until(const std::string& text);

  /// Reads to the end.
  std::string read_all();

  void signal(int number) const;

  /// False once it has ended, of itself or not; `wait` then has its status.
  bool is_running() const;

  /// Whether it is stopped by SIGSTOP.
  bool is_stopped() const;

  /// What /proc calls it.
  pid_t id() const {
    return pid_;
  }

  /// Waits for the end; the exit status, or 128 and the signal's number.
  int wait();

private:
  /// What the program gets in place of our own; -1: ours.
  struct outlets {
    int in = -1;
    int out = -1;
    int err = -1;
  };

  /// Starts the program with its output going to us.
  void start_reading(std::vector<std::string> command, int in);

  void keep_what_it_wrote();

  /// Starts the program, and closes what was handed over.
  void start(std::vector<std::string> command, const outlets& x);

  pid_t pid_ = -1;
  FILE* out_ = nullptr;
  /// All that was read from it.
  std::string said_;
  /// Where it writes, if not to us.
  std::string log_path_;
};

/// A fresh folder that goes with this object.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();

  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::string operator/(const std::string& name) const {
    return path_ + '/' + name;
  }

private:
  std::string path_;
};

} // namespace natgw::test
