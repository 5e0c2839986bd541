extension String {
    /// Whether people see nothing of it: spaces, line ends, and what only steers others' shape or direction.
    package var isBlank: Bool {
        unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.isDefaultIgnorableCodePoint || $0.value < 0x20 }
    }
}
