#include "clients/kube/timestamps.hpp"

#include <string>

#include "core/time_text.hpp"

namespace natgw::kube {

namespace {

namespace chr = std::chrono;

// Takes digits and separators off the front of a text.
class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {
  }

  // Exactly so many digits; -1 if there are fewer.
  int digits(size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (!at_digit())
        return fail();
      value = value * 10 + (next() - '0');
    }
    return value;
  }

  void expect(std::string_view any_of) {
    if (text_.empty() || any_of.find(next()) == std::string_view::npos)
      fail();
  }

  bool at_digit() const {
    return !text_.empty() && text_.front() >= '0' && text_.front() <= '9';
  }

  bool skip(char c) {
    if (text_.empty() || text_.front() != c)
      return false;
    next();
    return true;
  }

  char next() {
    auto c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  bool done() const {
    return ok_ && text_.empty();
  }

private:
  int fail() {
    ok_ = false;
    text_ = {};
    return -1;
  }

  std::string_view text_;
  bool ok_ = true;
};

chr::microseconds scan_fraction(scanner& from) {
  chr::microseconds result{0};
  if (!from.skip('.'))
    return result;
  chr::microseconds unit{100'000};
  for (; from.at_digit(); unit /= 10)
    result += unit * (from.next() - '0');
  return result;
}

std::optional<chr::minutes> scan_offset(scanner& from) {
  if (from.skip('Z') || from.skip('z'))
    return chr::minutes{0};
  auto negative = from.skip('-');
  if (!negative && !from.skip('+'))
    return std::nullopt;
  auto hours = from.digits(2);
  from.expect(":");
  auto minutes = from.digits(2);
  if (hours > 23 || minutes > 59)
    return std::nullopt;
  auto offset = chr::hours{hours} + chr::minutes{minutes};
  return negative ? -offset : offset;
}

} // namespace

std::string format_micro_time(micro_time x) {
  auto seconds = chr::floor<chr::seconds>(x);
  auto rest = std::to_string((x - seconds).count());
  auto text = core::format_time(seconds);
  text.back() = '.';
  return text + std::string(6 - rest.size(), '0') + rest + 'Z';
}

std::optional<micro_time> parse_time(std::string_view text) {
  scanner from{text};
  auto year = from.digits(4);
  from.expect("-");
  auto month = from.digits(2);
  from.expect("-");
  auto day = from.digits(2);
  from.expect("Tt ");
  auto hour = from.digits(2);
  from.expect(":");
  auto minute = from.digits(2);
  from.expect(":");
  auto second = from.digits(2);
  auto fraction = scan_fraction(from);
  auto offset = scan_offset(from);
  if (!offset || !from.done() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  chr::year_month_day date{chr::year{year},
                           chr::month{static_cast<unsigned>(month)},
                           chr::day{static_cast<unsigned>(day)}};
  if (year == 0 || !date.ok())
    return std::nullopt;
  return chr::sys_days{date} + chr::hours{hour} + chr::minutes{minute}
         + chr::seconds{second} + fraction - *offset;
}

} // namespace natgw::kube
