import WireLink

/// What came from the peer, is durable, and was not granted anew yet.
///
/// It is granted a quarter of the window at a time, so that single messages cost no frame more. The window is the session's as well as each
/// channel's: what many channels have consumed a little of each is as much as what one has.
struct Consumption {
    private var channels: [String: (records: Int, bytes: Int)] = [:]
    private var records = 0
    private var bytes = 0

    /// Something more is durable. What is to be granted now, by channel.
    mutating func add(_ channel: String, records moreRecords: Int, bytes moreBytes: Int) -> [(channel: String, records: Int, bytes: Int)] {
        channels[channel, default: (0, 0)].records += moreRecords
        channels[channel, default: (0, 0)].bytes += moreBytes
        records += moreRecords
        bytes += moreBytes
        guard records >= LinkLimits.windowRecords / 4 || bytes >= LinkLimits.windowBytes / 4 else { return [] }
        defer {
            channels.removeAll(keepingCapacity: true)
            (records, bytes) = (0, 0)
        }
        return channels.sorted { $0.key < $1.key }.map { ($0.key, $0.value.records, $0.value.bytes) }
    }
}
