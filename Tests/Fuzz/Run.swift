import FuzzTargets
import Glibc

#if FUZZING
@_silgen_name("LLVMFuzzerRunDriver")
private func driver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ target: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private let chosen = fuzzTargets.first { $0.name == getenv("FAIRLEAD_FUZZ").map { String(cString: $0) } }?.run

/// The entry point libFuzzer looks for.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOnce(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    chosen!([UInt8](UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// The decoder named by FAIRLEAD_FUZZ under libFuzzer.
func runFuzz() {
    if CommandLine.arguments.contains("--list") { return list() }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = driver(&count, &arguments, fuzzOnce)
}
#else
/// Built without the fuzzer it replays files: `Fuzz TARGET FILE…`.
func runFuzz() {
    let arguments = CommandLine.arguments
    guard arguments.count > 2, let target = fuzzTargets.first(where: { $0.name == arguments[1] }) else { return list() }
    for path in arguments[2...] {
        guard let file = fopen(path, "rb") else { continue }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        fclose(file)
        target.run([UInt8](bytes[..<count]))
    }
    print("\(arguments.count - 2) inputs replayed")
}
#endif

private func list() {
    for target in fuzzTargets { print(target.name) }
}
