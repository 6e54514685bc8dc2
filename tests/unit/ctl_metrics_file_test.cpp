#include "ctl/metrics_file.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;

namespace {

const Expected<std::string> unreachable = fail(ExitCode::unreachable, "nobody is there");

}  // namespace

TEST_GROUP(CtlMetricsFile) {
    std::string folder = "/tmp/tandem-metrics-XXXXXX";
    Options options;

    void setup() override {
        CHECK(::mkdtemp(folder.data()) != nullptr);
        options.verb = Verb::metrics;
        options.metrics_file = folder + "/tandem.prom";
    }
    void teardown() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::string content() const {
        std::ifstream file{*options.metrics_file};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] long files() const {
        return std::distance(std::filesystem::directory_iterator{folder}, {});
    }
};

TEST(CtlMetricsFile, TheFileIsReplacedReadableByAllAndNothingElseStays) {
    std::ofstream{*options.metrics_file} << "old";
    const Outcome outcome = show_metrics(options, healthy);
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL("", outcome.out.c_str());
    CHECK(content().find("\ntandem_up 1\n") != std::string::npos);
    struct stat facts{};
    CHECK(::stat(options.metrics_file->c_str(), &facts) == 0);
    LONGS_EQUAL(0644, facts.st_mode & 07777);
    LONGS_EQUAL(1, files());
}

TEST(CtlMetricsFile, WhoReadsTheOldFileIsNotDisturbed) {
    std::ofstream{*options.metrics_file} << "old";
    std::ifstream reader{*options.metrics_file};
    (void)show_metrics(options, healthy);
    const std::string text{std::istreambuf_iterator<char>{reader}, {}};
    STRCMP_EQUAL("old", text.c_str());
}

TEST(CtlMetricsFile, WhoDoesNotAnswerIsDownInTheFileToo) {
    (void)show_metrics(options, healthy);
    const Outcome outcome = show_metrics(options, unreachable);
    LONGS_EQUAL(ExitCode::unreachable, outcome.code);
    STRCMP_EQUAL("tandemctl: nobody is there\n", outcome.err.c_str());
    CHECK(content().ends_with("\ntandem_up 0\n"));
    CHECK(content().find("tandem_router") == std::string::npos);
}

TEST(CtlMetricsFile, AFileThatCannotBeWrittenIsAFailure) {
    options.metrics_file = folder + "/none/tandem.prom";
    const Outcome outcome = show_metrics(options, healthy);
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL(
        ("tandemctl: cannot write " + *options.metrics_file + ": No such file or directory\n")
            .c_str(),
        outcome.err.c_str());
    // Not even the name can be taken: what was begun is removed.
    options.metrics_file = folder;
    std::filesystem::create_directory(folder + "/x");
    options.metrics_file = folder + "/x";
    LONGS_EQUAL(ExitCode::failed, show_metrics(options, healthy).code);
    LONGS_EQUAL(1, files());
}

TEST(CtlMetricsFile, WithoutAFileItGoesToStandardOutput) {
    options.metrics_file.reset();
    CHECK(show_metrics(options, healthy).out.find("\ntandem_up 1\n") != std::string::npos);
    const Outcome outcome = show_metrics(options, unreachable);
    LONGS_EQUAL(ExitCode::unreachable, outcome.code);
    STRCMP_EQUAL("", outcome.out.c_str());
}
