#include "sandbox/store.hpp"

namespace sandbox {

using nlohmann::json;

Store::Upserted Store::upsert(const std::string& resource, const std::string& id_field, const json& records) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& table = records_[resource];
  Upserted upserted;
  for (const auto& record : records) {
    const bool created = table.insert_or_assign(record.at(id_field).get<std::string>(), record).second;
    ++(created ? upserted.created : upserted.updated);
  }
  return upserted;
}

bool Store::remove(const std::string& resource, const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (resource == "members") records_["subscriptions"].erase(id);
  return records_[resource].erase(id) > 0;
}

bool Store::replace_subscriptions(const std::string& member_id, const json& subscriptions) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (records_["members"].count(member_id) == 0) return false;
  records_["subscriptions"].insert_or_assign(member_id, subscriptions);
  return true;
}

std::size_t Store::count(const std::string& resource) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto table = records_.find(resource);
  return table == records_.end() ? 0 : table->second.size();
}

json Store::find(const std::string& resource, const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto table = records_.find(resource);
  if (table == records_.end()) return nullptr;
  const auto record = table->second.find(id);
  return record == table->second.end() ? json() : record->second;
}

}  // namespace sandbox
