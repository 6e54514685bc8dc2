// What names a network interface.
#pragma once

#include <compare>

namespace kernel {

// An interface index. Usually another one after the interface was re-created, but not always.
struct LinkIndex {
    int value = 0;
    auto operator<=>(const LinkIndex&) const = default;
};

}  // namespace kernel
