// Whatever stands in a file: no crash, no hang, and a config exactly when there is no error. Run
// under the sanitizers too.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/diagnostic.hpp"
#include "config/files.hpp"
#include "config/load.hpp"

#include <CppUTest/TestHarness.h>

namespace {

constexpr std::array examples{"etc/1-minimal-pair.conf", "etc/2-haproxy-pair.conf",
                              "etc/3-router-pair.conf", "tests/fuzz/corpus/config/checks",
                              "tests/fuzz/corpus/config/groups"};

std::string text_of_example(const char* file) {
    const auto sources = config::read_files(file);
    CHECK_TRUE(sources.front().text.has_value());
    return *sources.front().text;
}

// Random numbers that are the same on every machine and in every run (xorshift).
class Numbers {
public:
    std::size_t below(std::size_t limit) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::size_t>(state_ % limit);
    }

private:
    std::uint64_t state_ = 88172645463325252ULL;
};

// Mostly what has a meaning in the format, and sometimes anything.
char any_character(Numbers& numbers) {
    static constexpr std::string_view telling = "{}[]();:=,\"\\/*#@.-+x09a \n";
    if (numbers.below(4) == 0) return static_cast<char>(numbers.below(256));
    return telling[numbers.below(telling.size())];
}

void mutate(std::string& text, Numbers& numbers) {
    if (text.empty()) return;
    const std::size_t at = numbers.below(text.size());
    switch (numbers.below(4)) {
        case 0: text.erase(at, 1 + numbers.below(3)); return;
        case 1:
            text.insert(at, text.substr(numbers.below(text.size()), 1 + numbers.below(40)));
            return;
        case 2: text.insert(at, 1, any_character(numbers)); return;
        default: text[at] = any_character(numbers); return;
    }
}

// Whether the outcome is whole, whatever it is.
bool is_sound(const std::string& text) {
    const auto outcome = config::load_sources({{"x.conf", text}}, {"x.conf", "r1", "r1"});
    const bool has_errors = config::has_errors(outcome.diagnostics);
    const std::string shown = config::text_of(outcome.diagnostics);
    const bool is_libconfigs = shown.find("libconfig") != std::string::npos;
    return outcome.config.has_value() != has_errors && !is_libconfigs;
}

std::ptrdiff_t errors_in(const std::string& text) {
    const auto outcome = config::load_sources({{"x.conf", text}}, {"x.conf", "r1", "r1"});
    return std::ranges::count(outcome.diagnostics, config::Severity::error,
                              &config::Diagnostic::severity);
}

}  // namespace

TEST_GROUP(ConfigRobustness){};

TEST(ConfigRobustness, EveryBeginningOfTheExamplesIsRead) {
    for (const char* file : examples) {
        const std::string text = text_of_example(file);
        for (std::size_t size = 0; size <= text.size(); ++size)
            CHECK_TEXT(is_sound(text.substr(0, size)), file);
    }
}

// Whatever else it seems to do to the file.
TEST(ConfigRobustness, AMissingQuoteIsOneProblem) {
    for (const char* file : examples) {
        const std::string text = text_of_example(file);
        const std::ptrdiff_t before = errors_in(text);
        for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 1)) {
            const std::string wounded = std::string{text}.erase(at, 1);
            CHECK_TEXT(errors_in(wounded) <= before + 1, wounded.substr(0, at).c_str());
        }
    }
}

TEST(ConfigRobustness, ThousandsOfDamagedExamplesAreRead) {
    Numbers numbers;
    for (const char* file : examples) {
        const std::string text = text_of_example(file);
        for (int round = 0; round < 1000; ++round) {
            std::string damaged = text;
            const std::size_t wounds = 1 + numbers.below(8);
            for (std::size_t i = 0; i < wounds; ++i) mutate(damaged, numbers);
            CHECK_TEXT(is_sound(damaged), damaged.c_str());
        }
    }
}

TEST(ConfigRobustness, TextsThatGrowWithoutEndAreRead) {
    for (const char* piece : {"{",      "}",
                              "[",      "]",
                              "(",      ")",
                              ";",      ",",
                              "a",      "a=",
                              "a{",     "a={",
                              "a=[",    "a=(",
                              "1,",     "\"",
                              "\"x\" ", "\\",
                              "/*",     "//",
                              "#",      "@include \"x\"\n",
                              "a=1;",   "a:1 ",
                              "\n",     "\r",
                              "\xff",   "=",
                              "0",      "a={a=1;};",
                              "(1,"}) {
        std::string text;
        while (text.size() < 20000) text += piece;
        CHECK_TEXT(is_sound(text), piece);
        CHECK_TEXT(is_sound("routers: { lan: { addresses = [" + text), piece);
    }
}

TEST(ConfigRobustness, NoiseIsRead) {
    Numbers numbers;
    for (int round = 0; round < 500; ++round) {
        std::string noise;
        const std::size_t size = numbers.below(200);
        for (std::size_t i = 0; i < size; ++i) noise += any_character(numbers);
        CHECK_TEXT(is_sound(noise), noise.c_str());
    }
}
