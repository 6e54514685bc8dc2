// libFuzzer's entry: `build/fuzz/fuzzer --target=NAME [LIBFUZZER OPTION]... [CORPUS]...`.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "targets.hpp"

namespace {

// libFuzzer leaves options with two dashes to the program, and gives them once at its start.
const fuzz::Target*& chosen() {
    static const fuzz::Target* target = nullptr;
    return target;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    constexpr std::string_view option = "--target=";
    for (int i = 1; i < *argc; ++i) {
        const std::string_view argument{(*argv)[i]};
        if (argument.starts_with(option))
            chosen() = fuzz::find_target(argument.substr(option.size()));
    }
    if (chosen() != nullptr) return 0;
    std::fputs("fuzzer: --target= wants the name of a folder in tests/fuzz/corpus\n", stderr);
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const auto complaint = chosen()->run({octets, size});
    if (!complaint) return 0;
    std::fprintf(stderr, "%s\n", complaint->c_str());
    std::abort();
}
