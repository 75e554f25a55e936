#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace sandbox {

// The records of all resources, in memory. Safe to use from any number of threads; every call is atomic.
class Store {
 public:
  struct Upserted {
    std::size_t created = 0;
    std::size_t updated = 0;
  };

  // Every record must be an object with a string in its id field. When an id occurs more than once in a batch, the last
  // record wins, and each occurrence counts as if it had come alone: the first one creates, the next one updates.
  Upserted upsert(const std::string& resource, const std::string& id_field, const nlohmann::json& records);

  // False when there is no such record. A member's subscriptions go with the member.
  bool remove(const std::string& resource, const std::string& id);

  // False when there is no such member. Kept as the record of that member in "subscriptions", an array.
  bool replace_subscriptions(const std::string& member_id, const nlohmann::json& subscriptions);

  std::size_t count(const std::string& resource) const;
  nlohmann::json find(const std::string& resource, const std::string& id) const;  // null when absent

 private:
  using Records = std::map<std::string, nlohmann::json>;

  mutable std::mutex mutex_;  // guards records_
  std::map<std::string, Records> records_;
};

}  // namespace sandbox
