// The simulated LAN allocates by the hundred thousand; CppUTest's bookkeeping of every allocation
// would take most of the time. The sanitizer build looks for leaks.
//
// "walk ..." runs random walks instead of the tests (runner.hpp).

#include <string>
#include <vector>

#include "runner.hpp"
// CppUTest redefines `new`: after the standard headers.
#include <CppUTest/CommandLineTestRunner.h>
#include <CppUTest/MemoryLeakWarningPlugin.h>

int main(int argc, char** argv) {
    MemoryLeakWarningPlugin::turnOffNewDeleteOverloads();
    if (argc > 1 && std::string{argv[1]} == "walk")
        return sim::walk_command({argv + 2, argv + argc});
    return CommandLineTestRunner::RunAllTests(argc, argv);
}
