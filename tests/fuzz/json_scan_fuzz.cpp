// SPDX-License-Identifier: MIT

// A libFuzzer target, see run.sh: any bytes as JSON, judged beside nlohmann::json, and as a record of every kind.
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/records/cinema.hpp>
#include <movio/exhibitor/records/detail/reader.hpp>
#include <movio/exhibitor/records/detail/schemas.hpp>
#include <movio/exhibitor/records/detail/writer.hpp>
#include <movio/exhibitor/records/film.hpp>
#include <movio/exhibitor/records/item.hpp>
#include <movio/exhibitor/records/member.hpp>
#include <movio/exhibitor/records/subscription.hpp>
#include <movio/exhibitor/records/ticket.hpp>
#include <movio/exhibitor/records/transaction.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../support/json_judge.hpp"
#include "expect.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Reading;
using ex::detail::RecordReader;
using ex::detail::RecordWriter;

namespace {

/// What can be read can be written, and read again as the same; and checking finds what reading finds, into whatever
/// record it goes.
template <class Record>
void try_as(std::string_view text) {
  static Record used;
  Record record;
  const auto problem = RecordReader(text, Reading::values).read(record);
  const auto checked = RecordReader(text, Reading::check).read(used);
  if (problem) {
    const bool beyond_the_clock = problem->what.find("clock") != std::string::npos;
    expect(beyond_the_clock || (checked && checked->text() == problem->text()), "checking finds what reading finds");
    return;
  }
  expect(!checked, "checking finds no more than reading");
  std::string written;
  std::string again;
  expect(!RecordWriter(written).write(record), "what was read can be written");
  expect(json_judge::fault_of(written).empty(), "what is written is JSON");
  expect(!RecordReader(written, Reading::values).read(used), "what was written can be read");
  expect(!RecordWriter(again).write(used) && again == written, "what was written is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  expect(json_judge::is_agreed(text), "nlohmann::json judges alike");
  try_as<ex::Cinema>(text);
  try_as<ex::Film>(text);
  try_as<ex::Item>(text);
  try_as<ex::Ticket>(text);
  try_as<ex::Member>(text);
  try_as<ex::Transaction>(text);
  try_as<ex::Subscription>(text);
  try_as<ex::MemberSubscriptions>(text);
  return 0;
}
