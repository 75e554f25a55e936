// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../detail/json/value.hpp"
#include "../../records/detail/receipt.hpp"
#include "../../records/detail/requests.hpp"
#include "batch.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What a failed request means for the records in it.
enum class Verdict {
  absent,       ///< The API does not have the record to remove.
  refused,      ///< At least one is not acceptable.
  too_large,    ///< The request is too large.
  passing,      ///< Transient: the same request may succeed later.
  unexplained,  ///< Transient, or caused by one of them; the answer does not tell.
  fatal,        ///< Every other request would fail, too.
};

/// What an upload does with its records.
class BulkOperation {
 public:
  enum class Kind { upsert, remove, update_subscriptions };

  template <class Record>
  static BulkOperation upsert() {
    return {Kind::upsert, Schema<Record>::path, Schema<Record>::id.name};
  }
  template <class Record>
  static BulkOperation remove() {
    return {Kind::remove, Schema<Record>::path, Schema<Record>::id.name};
  }
  static BulkOperation update_subscriptions() { return {Kind::update_subscriptions, "/members", "member_id"}; }

  /// The name in messages and the journal.
  [[nodiscard]] std::string name() const {
    const std::string path(path_);
    switch (kind_) {
      case Kind::upsert:
        return "PUT " + path;
      case Kind::remove:
        return "DELETE " + path + "/{id}";
      case Kind::update_subscriptions:
        break;
    }
    return "PATCH " + path + "/{id}/subscriptions";
  }

  /// Whether each request takes a single record; only an upsert takes several.
  [[nodiscard]] bool one_by_one() const noexcept { return kind_ != Kind::upsert; }

  /// The request for a batch's next piece.
  [[nodiscard]] HttpRequest request(const Batch& batch) const {
    if (kind_ == Kind::upsert) return upsert_request(path_, batch.body());
    if (kind_ == Kind::remove) return remove_request(path_, batch.id());
    const auto subscriptions = JsonValue(batch.text()).find("subscriptions");  // there: the record was checked
    return subscriptions_request(batch.id(), Body(std::string(subscriptions->text())));
  }

  /// The receipt for `sent` records in an answer. Errors: `protocol`, unless the answer confirms all of them.
  [[nodiscard]] Result<UpsertReceipt> receipt(const HttpResponse& answer, std::size_t sent) const {
    if (kind_ == Kind::upsert) return receipt_in(name(), answer, sent);
    if (auto done = confirm_done(name(), answer); !done) return std::move(done.error());
    return UpsertReceipt{sent, 0, 0};
  }

  [[nodiscard]] Verdict verdict(const Error& error) const {
    if (error.http_status == 413) return Verdict::too_large;
    if (error.http_status == 414 && one_by_one()) return Verdict::refused;  // its id is in the URL
    switch (error.kind) {
      case ErrorKind::rejected:
        if (!is_from_api(error)) return Verdict::unexplained;
        return is_about_content(error.http_status) ? Verdict::refused : Verdict::fatal;
      case ErrorKind::forbidden:
        return error.http_status == 403 && !is_from_api(error) ? Verdict::unexplained : Verdict::fatal;
      case ErrorKind::not_found:
        return is_from_api(error) ? verdict_of_not_found() : Verdict::unexplained;
      case ErrorKind::protocol:
        return Verdict::unexplained;
      case ErrorKind::connection:
      case ErrorKind::timeout:
      case ErrorKind::server_error:
        return says_nothing_of_records(error) ? Verdict::passing : Verdict::unexplained;
      case ErrorKind::proxy:
      case ErrorKind::rate_limited:
      case ErrorKind::issuer_unavailable:
      case ErrorKind::overloaded:
        return Verdict::passing;
      default:
        return Verdict::fatal;
    }
  }

  /// Renames the error of an answer that is not the API's JSON: what its status means for the API would mislead.
  [[nodiscard]] Error explained(Error error) const {
    if (error.http_status < 400 || error.http_status >= 500 || is_from_api(error)) return error;
    error.message = name() + ": something before the API, such as a gateway or a firewall, answered HTTP " +
                    std::to_string(error.http_status) +
                    " with a body that is not the API's JSON; check api_url, and ask whoever runs the gateway what it "
                    "objects to";
    return error;
  }

  /// Why a record was refused: the API's `entities`, else its message, else ours.
  [[nodiscard]] static std::vector<std::string> messages_of(const Error& error) {
    const JsonValue said = said_in(error);
    std::vector<std::string> messages;
    if (const auto entities = said.find("entities")) add_messages(*entities, messages);
    if (!messages.empty()) return messages;
    const std::string message = string_member(said, "message");
    return {message.empty() ? error.message : "HTTP " + std::to_string(error.http_status) + ": " + message};
  }

  /// The ids that the API's `entities` name. Their shape is not documented: every id counts as a suspect.
  [[nodiscard]] std::vector<std::string> suspects_in(const Error& error) const {
    std::vector<std::string> ids;
    const auto entities = said_in(error).find("entities");
    if (!entities) return ids;
    entities->each_element([&](const JsonValue& entity) {
      std::string id = string_member(entity, id_name_);
      if (id.empty()) id = string_member(entity, "id");
      if (id.empty()) id = entity.string();
      if (!id.empty()) ids.push_back(std::move(id));
    });
    return ids;
  }

 private:
  BulkOperation(Kind kind, std::string_view path, std::string_view id_name)
      : kind_(kind), path_(path), id_name_(id_name) {}

  static constexpr std::size_t enough = 2048;  // bytes per message

  /// A view of `error.details`; null if these are no JSON.
  static JsonValue said_in(const Error& error) {
    const auto said = parse_json(error.details, "what the API said");
    return said ? *said : JsonValue("null");
  }

  /// Collects the texts in a part of the entities: from members named like a message, else the whole object.
  static void add_messages(const JsonValue& part, std::vector<std::string>& messages) {
    if (part.kind() == JsonValue::Kind::string) return messages.push_back(clean_text(part.string(), enough));
    part.each_element([&messages](const JsonValue& element) { add_messages(element, messages); });
    if (part.kind() != JsonValue::Kind::object || part.text() == "{}") return;
    const std::size_t before = messages.size();
    for (const char* name : {"message", "messages", "error", "errors", "reason", "detail"}) {
      if (const auto found = part.find(name)) add_messages(*found, messages);
    }
    if (messages.size() == before) messages.push_back(clean_text(std::string(part.text()), enough));
  }

  /// The API's own errors have a message.
  static bool is_from_api(const Error& error) noexcept { return !error.details.empty(); }

  [[nodiscard]] Verdict verdict_of_not_found() const noexcept {
    if (kind_ == Kind::remove) return Verdict::absent;
    return kind_ == Kind::update_subscriptions ? Verdict::refused : Verdict::fatal;
  }

  /// Of a transient failure: the request was not processed, or the service is unavailable.
  static bool says_nothing_of_records(const Error& error) noexcept {
    return !error.may_have_acted || error.http_status == 503 || error.retry_after;
  }

  static bool is_about_content(int status) { return status == 400 || status == 409 || status == 422; }

  Kind kind_;
  std::string_view path_;
  std::string_view id_name_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
