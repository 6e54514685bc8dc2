// The simulated LAN allocates by the hundred thousand; CppUTest's bookkeeping of every allocation
// would take most of the time. The sanitizer build looks for leaks.

#include <CppUTest/CommandLineTestRunner.h>
#include <CppUTest/MemoryLeakWarningPlugin.h>

int main(int argc, char** argv) {
    MemoryLeakWarningPlugin::turnOffNewDeleteOverloads();
    return CommandLineTestRunner::RunAllTests(argc, argv);
}
