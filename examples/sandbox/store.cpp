// SPDX-License-Identifier: MIT
#include "sandbox/store.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace sandbox {

using nlohmann::json;

Store::Upserted Store::upsert(const std::string& resource, const std::string& id_field, const json& records) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& hashes = hashes_[resource];
  Upserted upserted;
  for (const auto& record : records) {
    const auto& id = record.at(id_field).get_ref<const std::string&>();
    const bool created = hashes.insert_or_assign(id, std::hash<json>()(record)).second;
    ++(created ? upserted.created : upserted.updated);
  }
  return upserted;
}

bool Store::remove(const std::string& resource, const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hashes_[resource].erase(id) > 0;
}

std::size_t Store::count(const std::string& resource) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto hashes = hashes_.find(resource);
  return hashes == hashes_.end() ? 0 : hashes->second.size();
}

bool Store::has(const std::string& resource, const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return find(resource, id) != nullptr;
}

bool Store::has(const std::string& resource, const std::string& id, const json& record) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::size_t* const hash = find(resource, id);
  return hash != nullptr && *hash == std::hash<json>()(record);
}

const std::size_t* Store::find(const std::string& resource, const std::string& id) const {
  const auto hashes = hashes_.find(resource);
  if (hashes == hashes_.end()) return nullptr;
  const auto hash = hashes->second.find(id);
  return hash == hashes->second.end() ? nullptr : &hash->second;
}

}  // namespace sandbox
