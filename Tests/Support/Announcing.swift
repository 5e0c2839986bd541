import Glibc

/// Prints what a test found, in a line that `Scripts/test` shows at its end. `name`: the test's.
package func announce(_ words: String, of name: String?) {
    print("told: \((name ?? "?").prefix { $0 != "(" }): \(words)")
    // The runner writes to the same file on its own.
    fflush(nil)
}
