import WireLink

/// Frames that wait to be written: offers, answers, acknowledgements. They go before batches.
///
/// Most of them a peer can ask for only so often. Answers to PING, acknowledgements and credit it can cause without end; who does not read
/// them is not read either, from `LinkDriverLimits.answers` on.
struct AnswerQueue {
    private var bytes: [UInt8] = []
    private var answerBytes = 0

    var isEmpty: Bool { bytes.isEmpty }
    /// Whether more is to be written before more is read.
    var isFull: Bool { answerBytes >= LinkDriverLimits.answers }

    mutating func append(_ frame: Frame) {
        let before = bytes.count
        bytes += frame.bytes
        switch FrameKind(rawValue: frame.kind) {
        case .pong, .acknowledge, .credit: answerBytes += bytes.count - before
        default: break
        }
    }

    /// What is to be written now: so much at a time that a write that lasts tells of a peer that does not read.
    mutating func take() -> [UInt8] {
        if bytes.count <= LinkDriverLimits.write {
            defer { self = AnswerQueue() }
            return bytes
        }
        let first = Array(bytes[..<LinkDriverLimits.write])
        bytes.removeFirst(first.count)
        return first
    }
}
