/// Files of this package, found by where this source file lies.
package enum Repository {
    package static func path(_ name: String) -> String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + name
    }
}
