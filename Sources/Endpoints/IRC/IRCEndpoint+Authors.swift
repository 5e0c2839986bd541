import Base
import Core
import WireIRC

/// Private words to people.
extension IRCEndpoint {
    /// A NOTICE, one at a time: many at once would be a flood to the server.
    package func tell(_ name: String, in destination: DestinationID, _ message: NotArrived) async {
        // A name that is no nick as it stands was mended on its way, and may be somebody else's.
        guard machine.isReady, ListenerSession.isNick(name), notices.count < EndpointLimits.notices else { return }
        notices.append(IRCMessage("NOTICE", name, texts.notArrived(at: message.endpoint, message.code, said: message.said)))
        if notices.count == 1 { sendNotice() }
    }

    private func sendNotice() {
        guard let notice = notices.first else { return }
        if machine.isReady { send(notice) }
        _ = loop.schedule(at: loop.now + EndpointLimits.noticePause) { [weak self] in
            self?.assumeIsolated { endpoint in
                if !endpoint.notices.isEmpty { endpoint.notices.removeFirst() }
                endpoint.sendNotice()
            }
        }
    }
}
