import Base
import CUV
import Glibc

/// A non-blocking file descriptor watched by a loop.
///
/// Sendable unchecked: all of it belongs to the loop's thread; `EventLoop` checks that timers do, callers are actors of the loop.
final class Descriptor: @unchecked Sendable {
    let number: Int32
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var whenReadable: (() -> Void)?
    private var whenWritable: (() -> Void)?
    /// What libuv has been told to watch for.
    private var watched: Int32 = 0
    private(set) var isClosed = false

    /// Takes the descriptor over, which must be non-blocking, and closes it with `close` or when it is forgotten on the loop.
    init(_ number: Int32, on loop: EventLoop) {
        self.number = number
        poll = .allocate(capacity: 1)
        precondition(uv_poll_init(loop.handle, poll, number) == 0, "a descriptor that can't be watched: \(number)")
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { release() }

    /// Returns when something can be read, or the descriptor is closed. One reader at a time.
    func readable() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            onReadable { continuation.resume() }
        }
    }

    /// Returns when something can be written, or the descriptor is closed. One writer at a time.
    func writable() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            onWritable { continuation.resume() }
        }
    }

    func onReadable(_ body: @escaping () -> Void) {
        precondition(whenReadable == nil, "two readers of one descriptor")
        if isClosed { return body() }
        whenReadable = body
        watch(watched | Int32(UV_READABLE.rawValue))
    }

    func onWritable(_ body: @escaping () -> Void) {
        precondition(whenWritable == nil, "two writers of one descriptor")
        if isClosed { return body() }
        whenWritable = body
        watch(watched | Int32(UV_WRITABLE.rawValue))
    }

    private func watch(_ events: Int32) {
        if events == watched { return }
        watched = events
        if events == 0 {
            uv_poll_stop(poll)
        } else {
            uv_poll_start(poll, events) { handle, status, events in
                Unmanaged<Descriptor>.fromOpaque(handle!.pointee.data).takeUnretainedValue().happened(status < 0 ? 3 : events)
            }
        }
    }

    private func happened(_ events: Int32) {
        var wanted = watched
        if events & Int32(UV_READABLE.rawValue) != 0 {
            // Whoever reads on is back before the next turn, so watching goes on; if nobody comes, it ends here.
            if let body = whenReadable {
                whenReadable = nil
                body()
            } else {
                wanted &= ~Int32(UV_READABLE.rawValue)
            }
        }
        if events & Int32(UV_WRITABLE.rawValue) != 0 {
            wanted &= ~Int32(UV_WRITABLE.rawValue)
            let body = whenWritable
            whenWritable = nil
            body?()
        }
        if !isClosed { watch(wanted | (whenWritable == nil ? 0 : Int32(UV_WRITABLE.rawValue))) }
    }

    /// Whoever waits goes on and finds it closed.
    func close() {
        release()
        let (reader, writer) = (whenReadable, whenWritable)
        whenReadable = nil
        whenWritable = nil
        reader?()
        writer?()
    }

    private func release() {
        if isClosed { return }
        isClosed = true
        uv_poll_stop(poll)
        uv_close(UnsafeMutableRawPointer(poll).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_poll_t.self).deallocate()
        }
        Glibc.close(number)
    }
}

/// The system's words for the error that happened last.
func systemWords(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// SHUT_RDWR of shutdown(2), which Swift finds in one file and not in another, by what C headers the module has read before.
let bothDirections: Int32 = 2
