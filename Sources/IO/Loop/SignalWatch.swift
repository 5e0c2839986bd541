import CUV
import Glibc

/// Runs a closure on the loop whenever the process gets a signal. Belongs to its loop; it lives as long as that does.
package final class SignalWatch: @unchecked Sendable {
    package enum Kind: Hashable, Sendable {
        case terminate, interrupt, hangUp

        var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .hangUp: SIGHUP
            }
        }
    }

    private let body: @Sendable () -> Void
    private let handle: UnsafeMutablePointer<uv_signal_t>

    /// Called on the loop.
    package init(_ kind: Kind, on loop: EventLoop, _ body: @escaping @Sendable () -> Void) {
        self.body = body
        handle = .allocate(capacity: 1)
        precondition(uv_signal_init(loop.handle, handle) == 0, "libuv watches no signals")
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        uv_signal_start(
            handle,
            { handle, _ in Unmanaged<SignalWatch>.fromOpaque(handle!.pointee.data).takeUnretainedValue().body() }, kind.number)
    }
}
