/// How a line shows that a relay wrote it for somebody else. Such a line is never taken in as new, whoever sent it.
package enum RelayedLine {
    /// The client tag that relays put on their lines where the server passes it on.
    package static let tag = "+fairlead/mark"
    /// U+2060 (WORD JOINER) behind the first letter of a name: clients don't see it, and find no nick in the name.
    package static let joiner: Character = "\u{2060}"

    /// Whether a text begins as those of relays do: `<x⁠yz> ` or `* x⁠yz `.
    package static func isMarked(_ text: String) -> Bool {
        let rest = text.hasPrefix("<") ? text.dropFirst() : text.hasPrefix("* ") ? text.dropFirst(2) : ""
        return rest.dropFirst().first == joiner
    }
}
