/// Bounds of what one line of the log may hold, whoever its values come from.
package enum LogLimits {
    /// Bytes of one value: longer than any reason that a server gives, and small enough that a line of some ten values fits a datagram.
    package static let value = 4096
    /// Bytes of the words with all their values, as journald shows them: its own LineMax=, above which it would split them.
    package static let message = 48 << 10
    /// Bytes of a datagram to journald; fields that do not fit are left out. Sockets take 208 KiB unless the system is told otherwise
    /// (net.core.wmem_default).
    package static let datagram = 128 << 10
    /// Lines of the same words in a window, in seconds: what is above is counted. A relay with hundreds of channels says some hundred at a start.
    package static let lines: UInt64 = 2000
    package static let window: Int64 = 60
    /// Bytes of the name of one of journald's fields (systemd.journal-fields(7)).
    package static let fieldName = 64
}
