import Base
import CCurl
import CUV
import Glibc

/// libcurl's transfers on a loop: it says which sockets to watch and when to wake it.
///
/// Sendable unchecked: all of it belongs to the loop's thread.
final class CurlMulti: @unchecked Sendable {
    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    private var sockets: [Int32: SocketWatch] = [:]
    private var timer: TimerID?
    private var whenDone: [UnsafeMutableRawPointer: (CURLcode) -> Void] = [:]

    /// Once a process, when something is first sent: it takes some 4 MB.
    private static let isReady: Bool = {
        // Whoever asks libcurl to leave signals alone must see to it that a lost connection raises none.
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    init(on loop: EventLoop) {
        precondition(CurlMulti.isReady, "libcurl can't be used")
        self.loop = loop
        multi = curl_multi_init()
        let owner = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_watch_sockets(
            multi,
            { _, number, what, owner, _ in
                CurlMulti.of(owner).watch(number, what)
                return 0
            }, owner)
        ccurl_multi_set_timer(
            multi,
            { _, milliseconds, owner in
                CurlMulti.of(owner).setTimer(milliseconds)
                return 0
            }, owner)
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> CurlMulti { Unmanaged<CurlMulti>.fromOpaque(owner!).takeUnretainedValue() }

    /// Begins a transfer. `body` is called once, from a later turn of the loop, when it has ended; the handle is the caller's again.
    func add(_ easy: UnsafeMutableRawPointer, whenDone body: @escaping (CURLcode) -> Void) {
        whenDone[easy] = body
        curl_multi_add_handle(multi, easy)
    }

    /// Ends all transfers.
    func abort() {
        let bodies = whenDone
        whenDone = [:]
        for (easy, body) in bodies {
            curl_multi_remove_handle(multi, easy)
            body(CURLE_ABORTED_BY_CALLBACK)
        }
    }

    // MARK: What libcurl asks for

    private func watch(_ number: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            sockets.removeValue(forKey: number)?.close()
            return
        }
        let watch = sockets[number] ?? SocketWatch(number, on: loop) { [unowned self] in happened(number, $0) }
        sockets[number] = watch
        watch.watch(isReading: what & CURL_POLL_IN != 0, isWriting: what & CURL_POLL_OUT != 0)
    }

    private func setTimer(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        if milliseconds < 0 { return }
        // By the clock of now and not of the loop's turn: libcurl does not ask again if it is woken too early.
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
        timer = loop.schedule(at: now + .milliseconds(UInt64(milliseconds) + 1)) { [weak self] in
            self?.timer = nil
            self?.happened(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func happened(_ number: Int32, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, number, events, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = ccurl_easy_of(message) else { continue }
            let result = ccurl_result_of(message)
            curl_multi_remove_handle(multi, easy)
            whenDone.removeValue(forKey: easy)?(result)
        }
    }
}

/// One socket of libcurl's, watched by the loop. libcurl closes it itself, after it has said that it is not to be watched any more.
private final class SocketWatch {
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private let happened: (Int32) -> Void

    init(_ number: Int32, on loop: EventLoop, _ happened: @escaping (Int32) -> Void) {
        self.happened = happened
        poll = .allocate(capacity: 1)
        precondition(uv_poll_init(loop.handle, poll, number) == 0, "a socket that can't be watched: \(number)")
        poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    func watch(isReading: Bool, isWriting: Bool) {
        let events = (isReading ? Int32(UV_READABLE.rawValue) : 0) | (isWriting ? Int32(UV_WRITABLE.rawValue) : 0)
        uv_poll_start(poll, events) { handle, status, events in
            let watch = Unmanaged<SocketWatch>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            var what = status < 0 ? CURL_CSELECT_ERR : 0
            if events & Int32(UV_READABLE.rawValue) != 0 { what |= CURL_CSELECT_IN }
            if events & Int32(UV_WRITABLE.rawValue) != 0 { what |= CURL_CSELECT_OUT }
            withExtendedLifetime(watch) { watch.happened(what) }
        }
    }

    func close() {
        uv_poll_stop(poll)
        uv_close(UnsafeMutableRawPointer(poll).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_poll_t.self).deallocate()
        }
    }
}
