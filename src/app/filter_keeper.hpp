// When the packet filter of `accept = false` is written, and with what. Pure: the engine carries
// out what is due.
//
// The filter is there before an address is and until it is gone, so that at no moment an address
// answers that should not.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "kernel/filter.hpp"
#include "kernel/view.hpp"

namespace app {

class FilterKeeper {
public:
    // The addresses that must not accept: those that are wanted in the kernel, and those of ours
    // that are still there and not wanted any more. Those that `accept` are not among them,
    // whatever they did before.
    void want(const std::vector<kernel::AddressKey>& wanted,
              std::vector<kernel::AddressKey> leaving,
              const std::set<kernel::AddressKey>& accepting = {});

    // What the kernel holds is not known any more: somebody else changed it, or may have.
    void doubt() { is_certain_ = false; }
    [[nodiscard]] bool has_target() const { return !target_.empty(); }

    // What has to be written now; null when nothing has to.
    [[nodiscard]] const kernel::Refusals* due(const kernel::View& view, base::Instant now);

    enum class Outcome : std::uint8_t {
        written,
        refused,        // for the first time; it is tried again
        refused_again,  // and so were those before
        recovered,      // written, after it was refused
    };
    // What came of writing it.
    [[nodiscard]] Outcome take(const base::Result<void>& answer, base::Instant now);

    // When there is more to do; none: only an event can change anything.
    [[nodiscard]] std::optional<base::Instant> deadline(base::Instant now) const;
    // Why the filter is not there, in words; null when it is, or is not wanted.
    [[nodiscard]] const std::string* error() const { return error_ ? &*error_ : nullptr; }

private:
    // Somebody who replaces the rules of the host again and again must not make us write all the
    // time.
    static constexpr base::Duration least_gap = std::chrono::milliseconds{50};
    static constexpr base::Duration first_wait = std::chrono::milliseconds{100};
    static constexpr base::Duration longest_wait = std::chrono::seconds{10};

    [[nodiscard]] bool is_needed() const { return is_new_ || !is_certain_ || error_; }

    std::vector<kernel::AddressKey> wanted_;
    kernel::Refusals target_;                  // what the kernel should hold
    kernel::Refusals rest_;                    // the same without those that leave
    std::vector<kernel::AddressKey> leaving_;  // those that may still be in the kernel
    bool is_new_ = false;                      // the target is another one than was written last
    bool is_certain_ = true;
    base::Instant last_try_{};
    base::Duration wait_{};
    std::optional<std::string> error_;
};

}  // namespace app
