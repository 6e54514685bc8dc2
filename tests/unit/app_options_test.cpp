#include "app/options.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "app_support.hpp"
#include "base/fd.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Options;

namespace {

// Standard output and error go nowhere as long as this lives.
class Silence {
public:
    Silence() {
        const base::Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
        ::dup2(null.number(), STDOUT_FILENO);
        ::dup2(null.number(), STDERR_FILENO);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        ::dup2(out_.number(), STDOUT_FILENO);
        ::dup2(error_.number(), STDERR_FILENO);
    }

private:
    base::Fd out_{::dup(STDOUT_FILENO)};
    base::Fd error_{::dup(STDERR_FILENO)};
};

std::variant<Options, int> parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tandemd");
    return app::parse_options(static_cast<int>(arguments.size()), arguments.data());
}

int status(const std::vector<const char*>& arguments) {
    const Silence silence;
    const auto outcome = parsed(arguments);
    const int* code = std::get_if<int>(&outcome);
    return code == nullptr ? -1 : *code;
}

}  // namespace

TEST_GROUP(Options){};

TEST(Options, HaveTheDocumentedDefaults) {
    const auto options = std::get<Options>(parsed({}));
    STRCMP_EQUAL("/etc/tandem/tandem.conf", options.config.file.c_str());
    STRCMP_EQUAL("/run/tandem", options.run_directory.c_str());
    STRCMP_EQUAL("/var/lib/tandem", options.state_directory.c_str());
    STRCMP_EQUAL("", options.config.node.c_str());
    CHECK(options.log_level == base::log::Level::info);
    CHECK_FALSE(options.only_check);
}

TEST(Options, AreTaken) {
    const auto options = std::get<Options>(
        parsed({"--config", "a.conf", "--node", "r2", "--check", "--run-dir", "/tmp/run",
                "--state-dir", "/tmp/state", "--log-level", "debug"}));
    STRCMP_EQUAL("a.conf", options.config.file.c_str());
    STRCMP_EQUAL("r2", options.config.node.c_str());
    STRCMP_EQUAL("/tmp/run", options.run_directory.c_str());
    STRCMP_EQUAL("/tmp/state", options.state_directory.c_str());
    CHECK(options.log_level == base::log::Level::debug);
    CHECK(options.only_check);
}

TEST(Options, TheHostNameIsThatOfThisMachine) {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    STRCMP_EQUAL(name.data(), std::get<Options>(parsed({})).config.hostname.c_str());
}

TEST(Options, HelpAndVersionAreASuccess) {
    LONGS_EQUAL(0, status({"--help"}));
    LONGS_EQUAL(0, status({"--version"}));
}

TEST(Options, MistakesAreUsageErrors) {
    LONGS_EQUAL(2, status({"--no-such-option"}));
    LONGS_EQUAL(2, status({"--config"}));
    LONGS_EQUAL(2, status({"--log-level", "loud"}));
    LONGS_EQUAL(2, status({"positional"}));
}
