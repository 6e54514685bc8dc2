// Every input of the corpus through its target, without libFuzzer: `fuzz-replay [CORPUS]`, where
// CORPUS has one folder a target. Each input is a test.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "targets.hpp"

namespace {

namespace fs = std::filesystem;

struct Count {
    int passed = 0;
    int failed = 0;
};

std::vector<fs::path> inputs_in(const fs::path& folder) {
    std::vector<fs::path> files;
    if (!fs::is_directory(folder)) return files;
    for (const auto& entry : fs::directory_iterator{folder}) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

base::Bytes octets_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Its name is out before it runs: an input that crashes is the last one named.
void replay(const fuzz::Target& target, const fs::path& path, Count& count) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    const auto complaint = target.run(octets_of(path));
    if (complaint) std::printf("    %s\n", complaint->c_str());
    ++(complaint ? count.failed : count.passed);
}

}  // namespace

int main(int argc, char** argv) {
    const fs::path corpus{argc > 1 ? argv[1] : "tests/fuzz/corpus"};
    const auto started = std::chrono::steady_clock::now();
    Count count;
    for (const fuzz::Target& target : fuzz::targets) {
        const auto inputs = inputs_in(corpus / target.name);
        if (inputs.empty()) {
            std::printf("no inputs for %s in %s\n", target.name.data(), corpus.c_str());
            ++count.failed;
        }
        for (const fs::path& input : inputs) replay(target, input, count);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    std::printf("%d passed, %d failed in %.2fs\n", count.passed, count.failed, took.count());
    return count.failed == 0 ? 0 : 1;
}
