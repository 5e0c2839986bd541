import Base
import WireIRC

/// A channel's topic as the journal keeps it for the listener: byte 2 ‖ time, 8 ‖ varint length of the setter ‖ setter ‖ topic.
struct ListenerTopic: Hashable, Sendable {
    let topic: ListenerWorld.Topic

    init(_ topic: ListenerWorld.Topic) { self.topic = topic }

    /// nil for what is empty or of another form.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.span.bytes)
        guard (try? reader.byte()) == 2, let time = try? reader.uint64(), let length = try? reader.varint(),
            let range = try? reader.skip(length)
        else { return nil }
        topic = ListenerWorld.Topic(
            text: String(decoding: bytes[range.upperBound...], as: UTF8.self), setter: String(decoding: bytes[range], as: UTF8.self),
            time: time)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.byte(2)
        writer.uint64(topic.time)
        writer.varint(UInt64(topic.setter.utf8.count))
        writer.append(topic.setter)
        writer.append(topic.text)
        return writer.bytes
    }
}
