// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <movio/exhibitor/records/detail/requests.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "interrupt.hpp"
#include "output.hpp"
#include "resources.hpp"
#include "settings.hpp"

namespace cli {
namespace {

// --- token
// ------------------------------------------------------------------------------------------------------------

std::string utc_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, sizeof "2000-01-01T00:00:00Z"> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string token_line(const ex::AccessToken& token, bool show) {
  const auto left = std::chrono::floor<std::chrono::seconds>(token.expires_at() - std::chrono::system_clock::now());
  nlohmann::ordered_json line{{"fingerprint", token.fingerprint()},
                              {"token_type", "Bearer"},  // the only one that the library accepts
                              {"scope", token.scope()},
                              {"expires_at", utc_text(token.expires_at())},
                              {"expires_in", std::max<std::chrono::seconds::rep>(0, left.count())}};
  if (show) line["access_token"] = std::string(token.reveal());
  return line.dump() + '\n';
}

ex::Result<ex::AccessToken> obtain_token(const Settings& settings) {
  const Interrupt interrupt;
  const auto& client = settings.client;
  const auto deadline = std::chrono::steady_clock::now() + client.timeout;
  ex::TokenProvider provider(settings.endpoints, settings.credentials, client.token,
                             std::make_shared<ex::CurlTransport>(client.curl));
  return provider.token(deadline, interrupt.token());
}

/// Removes the token of the credentials, or of all, from the store.
ex::Result<void> forget_token(const Settings& settings, bool all) {
  const auto& store = settings.client.token.store;
  if (!store) return failure(ex::ErrorKind::invalid_argument, "--forget needs a token store");
  if (all && settings.token_files) return settings.token_files->forget_all();
  if (all) return failure(ex::ErrorKind::invalid_argument, "--all is for a store of files");
  const auto identity = identity_of(settings);
  return identity ? store->forget(*identity) : identity.error();
}

// --- request
// ----------------------------------------------------------------------------------------------------------

/// The content of a file; "-" names standard input.
ex::Result<std::string> read_file(const std::string& name) {
  const auto bytes = ex::bytes_of_file(name, {});
  if (!bytes) return bytes.error();
  std::string content;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto count = (*bytes)(piece.data(), piece.size());
    if (!count) return count.error();
    if (*count == 0) return content;
    content.append(piece.data(), *count);
  }
}

/// The body, which is sent as it was read. What is wrong with it is not quoted: it may hold personal data.
ex::Result<ex::Body> read_body(const std::string& data) {
  const bool is_file = !data.empty() && data.front() == '@';
  auto text = is_file ? read_file(data.substr(1)) : ex::Result<std::string>(data);
  if (!text) return text.error();
  // The JSON library passes over a byte-order mark and takes NUL for the end; a server need not.
  const bool passed_over = text->find('\0') != std::string::npos || text->compare(0, 3, "\xEF\xBB\xBF") == 0;
  if (passed_over || !nlohmann::json::accept(*text)) {
    return failure(ex::ErrorKind::invalid_argument, "--data is not valid JSON (in UTF-8, without a byte-order mark)");
  }
  return ex::Body(*std::move(text));
}

std::string upper_case(std::string text) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  std::transform(text.begin(), text.end(), text.begin(), upper);
  return text;
}

ex::Result<ex::HttpResponse> send(const Options& options, ex::HttpRequest request) {
  auto settings = settings_of(options);
  if (!settings) return settings.error();
  const Interrupt interrupt;
  request.cancel = interrupt.token();
  const ex::ExhibitorClient client(settings->endpoints, settings->credentials, settings->client);
  return client.send(std::move(request));
}

}  // namespace

int token_command(const Options& options) {
  const auto settings = settings_of(options);
  if (!settings) return report(settings.error());
  if (options.forget) {
    const auto done = forget_token(*settings, options.all);
    return done ? 0 : report(done.error());
  }
  const auto token = obtain_token(*settings);
  if (!token) return report(token.error());
  return print(token_line(*token, options.show));
}

int request_command(const Options& options) {
  ex::HttpRequest request;
  request.method = upper_case(options.method);
  request.path = options.path;
  if (options.data) {
    auto body = read_body(*options.data);
    if (!body) return report(body.error());
    request.body = *std::move(body);
  }
  const auto response = send(options, std::move(request));
  if (!response) return report(response.error());
  return response->body.empty() ? 0 : print_answer(response->body);
}

int delete_command(const Options& options) {
  if (const auto resource = find_resource(options.resource); !resource) return report(resource.error());
  if (options.journal || options.rejects || options.in_flight || options.max_rejects || options.no_progress) {
    return report(failure(ex::ErrorKind::invalid_argument, "options of many deletions need --ids FILE"));
  }
  if (const auto problem = ex::detail::id_problem(options.id)) {
    return report(failure(ex::ErrorKind::invalid_argument, *problem));
  }
  ex::HttpRequest request;
  request.method = "DELETE";
  request.path = '/' + options.resource + '/' + ex::path_segment(options.id);
  const auto response = send(options, std::move(request));
  return response ? 0 : report(response.error());
}

int subscriptions_command(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return report(settings.error());
  const auto text = read_file(options.file);
  if (!text) return report(text.error());
  const auto wanted = ex::read_record<ex::MemberSubscriptions>(
      R"({"member_id":"that of the command line","subscriptions":)" + *text + '}');
  if (!wanted) return report(wanted.error());
  const Interrupt interrupt;
  const ex::ExhibitorClient client(settings->endpoints, settings->credentials, settings->client);
  const ex::CancelRegistration interrupted(interrupt.token(), [&client] { client.cancel_all(); });
  const auto done = client.members().update_subscriptions(options.id, wanted->subscriptions);
  return done ? 0 : report(done.error());
}

int categories_command(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return report(settings.error());
  const Interrupt interrupt;
  const ex::ExhibitorClient client(settings->endpoints, settings->credentials, settings->client);
  ex::CallOptions call;
  call.cancel = interrupt.token();
  const auto categories = client.subscription_categories(call);
  if (!categories) return report(categories.error());
  std::string lines;
  for (const auto& category : *categories) {
    const auto line = ex::write_record(category);
    if (!line) return report(line.error());
    lines += *line + '\n';
  }
  return print(lines);
}

}  // namespace cli
