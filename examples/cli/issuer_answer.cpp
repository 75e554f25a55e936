// SPDX-License-Identifier: MIT
#include "issuer_answer.hpp"

#include <array>
#include <ctime>
#include <iomanip>
#include <locale>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "output.hpp"

namespace cli {
namespace {

/// The form that a Date header must have (RFC 9110 section 5.6.7).
std::optional<std::chrono::system_clock::time_point> parse_date(const std::string& text) {
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  std::tm parts{};
  if (!(in >> std::get_time(&parts, "%a, %d %b %Y %H:%M:%S GMT"))) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

/// Calls `use` with each of the parts that a separator divides.
template <class Use>
void for_each_part(std::string_view text, char separator, Use use) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    use(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

/// "b=per_hour;q=10;r=7;t=3540": bucket, quota, what remains of it, seconds until it resets.
std::string bucket_text(std::string_view bucket) {
  std::map<std::string, std::string, std::less<>> values;
  for_each_part(bucket, ';', [&values](std::string_view part) {
    const auto equals = part.find('=');
    const auto name_begin = part.find_first_not_of(' ');
    if (equals == std::string_view::npos || name_begin > equals) return;
    values[std::string(part.substr(name_begin, equals - name_begin))] = part.substr(equals + 1);
  });
  return values["r"] + " of " + values["q"] + " left " + values["b"] + " (resets in " + values["t"] + " s)";
}

}  // namespace

RecordingTransport::RecordingTransport(std::shared_ptr<ex::Transport> inner, std::string url)
    : inner_(std::move(inner)), url_(std::move(url)) {}

void RecordingTransport::start(ex::TransportRequest request, Completion completion) {
  if (request.url != url_) return inner_->start(std::move(request), std::move(completion));
  inner_->start(std::move(request),
                [record = record_, then = std::move(completion)](ex::Result<ex::HttpResponse> result) {
                  if (result) {
                    const std::lock_guard<std::mutex> lock(record->mutex);
                    record->answer = IssuerAnswer{result->headers, std::chrono::system_clock::now()};
                  }
                  then(std::move(result));
                });
}

std::optional<IssuerAnswer> RecordingTransport::answer() const {
  const std::lock_guard<std::mutex> lock(record_->mutex);
  return record_->answer;
}

std::optional<std::chrono::seconds> clock_lead(const IssuerAnswer& answer) {
  const std::string* const date = answer.headers.find("Date");
  const auto issuer_time = date == nullptr ? std::nullopt : parse_date(*date);
  if (!issuer_time) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(answer.at - *issuer_time);  // Date has whole seconds only
}

std::string quota_text(const ex::Headers& headers) {
  std::string text;
  const auto add = [&text](const std::string& piece) { text += (text.empty() ? "" : ", ") + piece; };
  if (const auto* quota = headers.find("Auth0-Client-Quota-Limit")) {
    for_each_part(*quota, ',', [&add](std::string_view bucket) { add(bucket_text(bucket)); });
  }
  for (const char* name : {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}) {
    if (const auto* value = headers.find(name)) add(std::string(name) + ' ' + *value);
  }
  return one_line(text);
}

}  // namespace cli
