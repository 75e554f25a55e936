// SPDX-License-Identifier: MIT
#include "check.hpp"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <movio/exhibitor/detail/os/system_clock.hpp>
#include <movio/exhibitor/stores/detail/stored_token.hpp>
#include <optional>
#include <string>
#include <utility>

#include "certificate.hpp"
#include "check_report.hpp"
#include "interrupt.hpp"
#include "issuer_answer.hpp"
#include "output.hpp"
#include "proxy.hpp"
#include "settings.hpp"

namespace cli {
namespace {

/// The steps, in the order in which they build on one another.
class Check {
 public:
  Check(Settings settings, CheckReport& report)
      : settings_(std::move(settings)),
        report_(report),
        curl_(std::make_shared<ex::CurlTransport>(settings_.client.curl)),
        recorder_(std::make_shared<RecordingTransport>(curl_, settings_.endpoints.issuer_url)),
        provider_(std::make_shared<ex::TokenProvider>(settings_.endpoints, settings_.credentials,
                                                      without_store(settings_.client.token), recorder_)) {}

  void run() {
    tell_configuration();
    const bool issuer_trusted = examine_tls("issuer", settings_.endpoints.issuer_url);
    const bool api_trusted = examine_tls("api", settings_.endpoints.api_url);
    if (!issuer_trusted) {
      report_.skipped("clock: the issuer was not reached");
      report_.skipped("token: the issuer was not reached");
    }
    const bool has_token = issuer_trusted && obtain_token();
    tell_store();
    if (api_trusted && has_token) return call_api();
    report_.skipped(std::string("api: ") + (has_token ? "it was not reached" : "there is no token to call it with"));
  }

 private:
  /// A token that was kept would hide that the credentials are no longer good.
  static ex::TokenOptions without_store(ex::TokenOptions options) {
    options.store.reset();
    return options;
  }

  void tell_configuration() {
    const auto& endpoints = settings_.endpoints;
    report_.ok("configuration: issuer " + endpoints.issuer_url + ", api " + endpoints.api_url + ", region " +
               settings_.region + ", credentials from " + settings_.credentials_origin);
    report_.ok("proxy: " + proxy_on_the_way_to(endpoints.issuer_url) + ", " + proxy_on_the_way_to(endpoints.api_url));
  }

  bool examine_tls(const std::string& who, const std::string& url) {
    const std::string step = "tls: " + who;
    if (url.compare(0, 5, "http:") == 0 || url.compare(0, 5, "HTTP:") == 0) {
      report_.skipped(step + ": plain http, there is no certificate");
      return true;
    }
    const auto seen = look_at_certificate(settings_.client.curl, url);
    if (!seen.trusted) {
      if (auto error = why_not_reached(url)) {
        if (!seen.issuer.empty()) error->message += "; the certificate's issuer is \"" + seen.issuer + '"';
        report_.failed(step, explained(*std::move(error), who));
        return false;
      }
    }
    report_.ok(step + ": certificate " + (seen.issuer.empty() ? "trusted" : "signed by \"" + seen.issuer + '"'));
    return true;
  }

  /// What the library says of the way to a server; nothing when it comes through after all.
  std::optional<ex::Error> why_not_reached(const std::string& url) {
    ex::TransportRequest request;
    request.url = url;
    request.cancel = interrupt_.token();
    auto answer = curl_->send(request);
    if (answer) return std::nullopt;
    return std::move(answer.error());
  }

  /// An issuer that cannot be reached is of the kind that the token's own exchange would give it.
  static ex::Error explained(ex::Error error, const std::string& who) {
    const bool unreachable = error.kind == ex::ErrorKind::connection || error.kind == ex::ErrorKind::timeout;
    if (who == "issuer" && unreachable) error.kind = ex::ErrorKind::issuer_unavailable;
    return error;
  }

  bool obtain_token() {
    const auto token =
        provider_->token(std::chrono::steady_clock::now() + settings_.client.timeout, interrupt_.token());
    const auto answer = recorder_->answer();
    compare_clocks(answer);
    if (!token) {
      report_.failed("token", token.error());
      return false;
    }
    const std::string quota = answer ? quota_text(answer->headers) : std::string();
    report_.ok("token: fingerprint " + token->fingerprint() + ", audience " + settings_.endpoints.api_url + ", scope " +
               (token->scope().empty() ? "not told" : '"' + token->scope() + '"') + ", lifetime " +
               std::to_string(token->lifetime().count()) + " s, quota " + (quota.empty() ? "not told" : quota));
    return true;
  }

  void compare_clocks(const std::optional<IssuerAnswer>& answer) {
    constexpr std::chrono::seconds tolerable(60);  // the library's own margin before a token's end
    if (!answer) return report_.skipped("clock: the issuer did not answer");
    const auto lead = clock_lead(*answer);
    if (!lead) return report_.skipped("clock: the issuer's answer has no Date");
    const auto off = std::abs(lead->count());
    if (off <= 1) return report_.ok("clock: this machine agrees with the issuer, to a second");
    const std::string text = "clock: this machine is " + std::to_string(off) + " s " +
                             (lead->count() < 0 ? "behind" : "ahead of") + " the issuer";
    if (off > tolerable.count()) return report_.warn(text + "; set the clock, best by NTP");
    report_.ok(text);
  }

  /// Reads the categories, which changes nothing. Any answer proves that the API is there.
  void call_api() {
    ex::SharedClientOptions options;
    options.timeout = settings_.client.timeout;
    options.retry = settings_.client.retry;
    options.on_event = settings_.client.on_event;
    ex::CallOptions call;
    call.cancel = interrupt_.token();
    const auto categories = ex::ExhibitorClient(provider_, options).subscription_categories(call);
    if (categories) {
      return report_.ok("api: reachable, it took the token and named " + std::to_string(categories->size()) +
                        " subscription categories");
    }
    const ex::Error& error = categories.error();
    switch (error.kind) {
      case ex::ErrorKind::forbidden:
      case ex::ErrorKind::not_found:
      case ex::ErrorKind::rejected:
        return report_.ok(reached(error.http_status));
      case ex::ErrorKind::rate_limited:
      case ex::ErrorKind::server_error:
        return report_.warn(reached(error.http_status));
      default:
        return report_.failed("api", error);
    }
  }

  void tell_store() {
    if (!settings_.client.token.store) return;
    const std::string place = "store: " + settings_.token_store;
    const auto identity = identity_of(settings_);
    if (!identity) return report_.skipped(place + ": there are no credentials to look with");
    const auto entry = settings_.client.token.store->peek(*identity);
    if (!entry) return report_.warn("store: " + entry.error().message);
    const auto held = ex::detail::read_stored_token(*identity, *entry, ex::SystemClock().moment());
    if (!held) return report_.ok(place + " holds no token of these credentials");
    const auto left =
        std::chrono::floor<std::chrono::seconds>(held->token.expires_at() - std::chrono::system_clock::now());
    report_.ok(place + " holds a token, fingerprint " + held->token.fingerprint() + ", for another " +
               std::to_string(left.count()) + " s");
  }

  static std::string reached(int status) {
    return "api: reachable, GET /subscriptions/categories answered HTTP " + std::to_string(status) +
           " and did not refuse the token";
  }

  const Interrupt interrupt_;  ///< Before all that starts threads.
  const Settings settings_;
  CheckReport& report_;
  const std::shared_ptr<ex::CurlTransport> curl_;
  const std::shared_ptr<RecordingTransport> recorder_;
  const std::shared_ptr<ex::TokenProvider> provider_;
};

void check_settings(const ex::Result<Settings>& settings, CheckReport& report) {
  if (settings) return Check(*settings, report).run();
  report.failed("configuration", settings.error());
  for (const char* step : {"proxy", "tls", "clock", "token", "api"}) {
    report.skipped(std::string(step) + ": the configuration cannot be used");
  }
}

}  // namespace

int check_command(const Options& options) {
  CheckReport report;
  check_settings(settings_of(options), report);
  report.close("Not proven: that this client may write; check never writes.");
  return report.finish();
}

}  // namespace cli
