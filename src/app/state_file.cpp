#include "app/state_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/fd.hpp"
#include "base/hash.hpp"

namespace app {

namespace {

constexpr std::uint32_t layout_version = 1;
constexpr std::array<char, 8> magic{'t', 'a', 'n', 'd', 'e', 'm', 's', 't'};

struct Header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t capacity;
    std::array<char, 40> boot;
    std::uint64_t sum;
};
static_assert(sizeof(Header) == 64 && std::is_trivially_copyable_v<Header>);

struct Slot {
    std::uint64_t sequence;  // 0: never written
    std::int64_t since;
    std::int64_t last_advert;
    std::uint64_t settings;
    std::uint8_t family;
    std::uint8_t vrid;
    std::uint8_t role;
    std::uint8_t told;
    std::uint32_t reserved;
    std::array<char, 16> interface;
    std::array<char, 64> router;
    std::uint64_t sum;
};
static_assert(sizeof(Slot) == 128 && std::is_trivially_copyable_v<Slot>);

constexpr std::size_t size_of_entry = 2 * sizeof(Slot);

template <typename Record>
std::uint64_t sum_of(const Record& record) {
    std::array<std::uint8_t, sizeof(Record)> octets{};
    std::memcpy(octets.data(), &record, sizeof(Record));
    return base::fnv1a(std::span{octets}.first(offsetof(Record, sum)));
}

template <std::size_t size>
std::array<char, size> padded(std::string_view text) {
    std::array<char, size> padded{};
    std::copy_n(text.begin(), std::min(text.size(), size - 1), padded.begin());
    return padded;
}

template <std::size_t size>
std::string text_of(const std::array<char, size>& padded) {
    return {padded.begin(), std::ranges::find(padded, '\0')};
}

template <typename Record>
Record record_at(base::ByteView octets, std::size_t offset) {
    Record record;
    std::memcpy(&record, octets.data() + offset, sizeof(Record));
    return record;
}

std::optional<Slot> whole_slot(base::ByteView octets, std::size_t offset) {
    const auto slot = record_at<Slot>(octets, offset);
    const bool is_whole = slot.sequence != 0 && slot.sum == sum_of(slot) &&
                          slot.role <= static_cast<std::uint8_t>(Memory::Role::active) &&
                          slot.told <= static_cast<std::uint8_t>(Memory::Told::active);
    return is_whole ? std::optional{slot} : std::nullopt;
}

Memory memory_of(const Slot& slot) {
    return {.router = text_of(slot.router),
            .interface = text_of(slot.interface),
            .family = slot.family == 4 ? base::Family::ipv4 : base::Family::ipv6,
            .vrid = slot.vrid,
            .settings = slot.settings,
            .role = static_cast<Memory::Role>(slot.role),
            .told = static_cast<Memory::Told>(slot.told),
            .since = base::Instant{base::Duration{slot.since}},
            .last_advert = base::Instant{base::Duration{slot.last_advert}}};
}

Slot slot_of(const Memory& memory, std::uint64_t sequence) {
    Slot slot{.sequence = sequence,
              .since = memory.since.time_since_epoch().count(),
              .last_advert = memory.last_advert.time_since_epoch().count(),
              .settings = memory.settings,
              .family = static_cast<std::uint8_t>(memory.family == base::Family::ipv4 ? 4 : 6),
              .vrid = memory.vrid,
              .role = static_cast<std::uint8_t>(memory.role),
              .told = static_cast<std::uint8_t>(memory.told),
              .reserved = 0,
              .interface = padded<16>(memory.interface),
              .router = padded<64>(memory.router),
              .sum = 0};
    slot.sum = sum_of(slot);
    return slot;
}

base::Error damage(std::string what) {
    return {"read the state of the process before", 0, std::move(what)};
}

}  // namespace

std::string present_boot() {
    const base::Fd file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
    std::array<char, 36> text{};
    const bool is_read = file.is_open() && ::read(file.number(), text.data(), text.size()) ==
                                               static_cast<ssize_t>(text.size());
    return is_read ? std::string{text.begin(), text.end()} : std::string{};
}

base::Result<std::vector<Memory>> memories_in(base::ByteView octets, std::string_view boot) {
    if (octets.size() < sizeof(Header)) return std::unexpected(damage("it is cut short"));
    const auto header = record_at<Header>(octets, 0);
    if (header.magic != magic || header.sum != sum_of(header))
        return std::unexpected(damage("it is damaged"));
    if (header.version != layout_version)
        return std::unexpected(damage("it is of another version of tandem"));
    if (octets.size() != sizeof(Header) + header.capacity * size_of_entry)
        return std::unexpected(damage("it is cut short"));
    std::vector<Memory> memories;
    if (boot.empty() || text_of(header.boot) != boot) return memories;
    for (std::size_t place = 0; place < header.capacity; ++place) {
        const std::size_t offset = sizeof(Header) + place * size_of_entry;
        const auto one = whole_slot(octets, offset);
        const auto other = whole_slot(octets, offset + sizeof(Slot));
        if (!one && !other) continue;
        const bool is_other_newer = other && (!one || other->sequence > one->sequence);
        memories.push_back(memory_of(is_other_newer ? *other : *one));
    }
    return memories;
}

base::Result<std::vector<Memory>> memories_of_file(const std::string& path, std::string_view boot) {
    constexpr off_t largest = 16 * 1024 * 1024;
    const base::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file.is_open() && errno == ENOENT) return std::vector<Memory>{};
    if (!file.is_open()) return base::os_failure("read " + path, errno);
    struct stat facts{};
    if (::fstat(file.number(), &facts) < 0) return base::os_failure("read " + path, errno);
    if (!S_ISREG(facts.st_mode) || facts.st_size > largest)
        return std::unexpected(damage(path + " is none"));
    base::Bytes octets(static_cast<std::size_t>(facts.st_size));
    const ssize_t size = ::read(file.number(), octets.data(), octets.size());
    if (size < 0) return base::os_failure("read " + path, errno);
    octets.resize(static_cast<std::size_t>(size));
    return memories_in(octets, boot);
}

// --- the file that is written ---

base::Result<StateFile> StateFile::make(const std::string& path, std::string_view boot,
                                        std::span<const Memory> memories, std::size_t capacity) {
    const std::string made = path + ".new";
    const auto made_file = [&]() -> base::Result<StateFile> {
        const base::Fd file{
            ::open(made.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
        if (!file.is_open()) return base::os_failure("make " + made, errno);
        const std::size_t size = sizeof(Header) + capacity * size_of_entry;
        // Without it a page that is written for the first time may find no room: SIGBUS.
        if (const int error = ::posix_fallocate(file.number(), 0, static_cast<off_t>(size)))
            return base::os_failure("find room for " + made, error);
        void* octets = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
        if (octets == MAP_FAILED) return base::os_failure("map " + made, errno);
        StateFile state{static_cast<std::uint8_t*>(octets), capacity};
        Header header{.magic = magic,
                      .version = layout_version,
                      .capacity = static_cast<std::uint32_t>(capacity),
                      .boot = padded<40>(boot),
                      .sum = 0};
        header.sum = sum_of(header);
        std::memcpy(octets, &header, sizeof(header));
        state.keep(memories);
        if (::rename(made.c_str(), path.c_str()) < 0)
            return base::os_failure("put " + path + " in its place", errno);
        return state;
    };
    auto state = made_file();
    if (!state)
        // What an older process has left there would be believed one day.
        for (const std::string& stale : {made, path}) ::unlink(stale.c_str());
    return state;
}

StateFile::StateFile(StateFile&& other) noexcept
    : octets_{std::exchange(other.octets_, nullptr)},
      capacity_{other.capacity_},
      sequence_{other.sequence_},
      kept_{std::move(other.kept_)} {}

StateFile::~StateFile() {
    if (octets_ != nullptr) ::munmap(octets_, sizeof(Header) + capacity_ * size_of_entry);
}

void StateFile::keep(std::span<const Memory> memories) {
    const auto kept = memories.first(std::min(memories.size(), capacity_));
    for (std::size_t place = 0; place < kept.size(); ++place) {
        if (place < kept_.size() && kept_[place] == kept[place]) continue;
        write(place, kept[place]);
    }
    for (std::size_t place = kept.size(); place < kept_.size(); ++place) write(place, Memory{});
    kept_.assign(kept.begin(), kept.end());
}

void StateFile::write(std::size_t place, const Memory& memory) {
    const Slot slot = slot_of(memory, ++sequence_);
    std::uint8_t* const entry = octets_ + sizeof(Header) + place * size_of_entry;
    const auto both = base::ByteView{entry, size_of_entry};
    // Over the older one of the two.
    const bool is_first_older =
        record_at<Slot>(both, 0).sequence <= record_at<Slot>(both, sizeof(Slot)).sequence;
    std::memcpy(entry + (is_first_older ? 0 : sizeof(Slot)), &slot, sizeof(slot));
}

}  // namespace app
