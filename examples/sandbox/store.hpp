// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>

namespace sandbox {

// Which records there are, in memory: of each its id and a hash, not the record, so that millions fit. Safe to use from
// any number of threads; every call is atomic.
class Store {
 public:
  struct Upserted {
    std::size_t created = 0;
    std::size_t updated = 0;
  };

  // Every record must be an object with a string in its id field. When an id occurs more than once in a batch, the last
  // record wins, and each occurrence counts as if it had come alone: the first one creates, the next one updates.
  Upserted upsert(const std::string& resource, const std::string& id_field, const nlohmann::json& records);

  // False when there is no such record.
  bool remove(const std::string& resource, const std::string& id);

  std::size_t count(const std::string& resource) const;
  bool has(const std::string& resource, const std::string& id) const;
  // True if the record with this id is this one.
  bool has(const std::string& resource, const std::string& id, const nlohmann::json& record) const;

 private:
  using Hashes = std::unordered_map<std::string, std::size_t>;  // by id

  // The mutex must be held; nullptr when absent.
  const std::size_t* find(const std::string& resource, const std::string& id) const;

  mutable std::mutex mutex_;  // guards hashes_
  std::unordered_map<std::string, Hashes> hashes_;
};

}  // namespace sandbox
