import Base

/// A channel that the listener serves: what is behind its name.
struct ListenerChannel {
    let name: String
    var names = PuppetNames()
    /// When people from elsewhere spoke last, by nick.
    var lastSpoke: [String: UnixTime] = [:]
    /// Whether it is known who spoke lately.
    var isRestored = false

    init(_ name: String) { self.name = name }
}
