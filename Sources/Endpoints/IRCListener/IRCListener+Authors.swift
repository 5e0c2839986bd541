import Base
import Core
import WireIRC

/// Private words to people.
extension IRCListener {
    package func tell(_ name: String, in destination: DestinationID, _ message: NotArrived) async {
        let words = mapping.texts.notArrived(at: message.endpoint, message.code, said: message.said)
        for client in clients.values where client.session.isRegistered && client.session.nick == name {
            send(IRCMessage("NOTICE", name, words, source: world.source), to: client)
        }
    }
}
