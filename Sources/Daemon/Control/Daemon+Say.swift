import Base
import Core
import IO
import Model

/// `fairlead say`
extension Daemon {
    var operatorTexts: OperatorTexts { OperatorTexts(settings.language) }

    /// What can't be taken in at once waits until it can, the relay ends, or whoever asked has gone.
    func say(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        guard let bridge = arguments["bridge"], let text = arguments["text"], !text.isBlank else {
            throw ControlRefusal.usage(operatorTexts.sayNeeds)
        }
        var known: Engine.Hindrance?
        while true {
            let stalled = WaitingReport(waitsFor: "full", peers: [], text: operatorTexts.saidWhenThereIsRoom)
            switch try await engine.say(text, in: bridge, stalled: { try await answer.line(stalled) }) {
            case .said(let id):
                if known != nil { log.notice("what an operator says waits no more", ["bridge": bridge, "event": id.description]) }
                let note = await engine.isPaused(bridge: bridge) ? operatorTexts.pausedNow(bridge) : nil
                return try await answer.line(SaidReport(event: id.description, note: note))
            case .noBridge: throw noBridge(bridge)
            case .ending:
                if known != nil { log.notice("what an operator says is given up: the relay ends", ["bridge": bridge]) }
                throw ControlRefusal.refused(operatorTexts.relayEnds)
            case .waits(let hindrance):
                if known == nil {
                    log.notice("what an operator says waits", ["bridge": bridge, "for": hindrance.word, "peers": names(hindrance)])
                }
                if hindrance != known {
                    known = hindrance
                    try await answer.line(
                        WaitingReport(
                            waitsFor: hindrance.word, peers: hindrance.peers, text: operatorTexts.waits(self.text(hindrance))))
                }
                if answer.isGone { return log.notice("what an operator says is given up: nobody waits for it", ["bridge": bridge]) }
                await engine.waitForChange()
            }
        }
    }

    private func names(_ hindrance: Engine.Hindrance) -> String { hindrance.peers.joined(separator: ", ") }

    func text(_ hindrance: Engine.Hindrance) -> String {
        switch hindrance {
        case .peers(let peers): operatorTexts.awaited(peers)
        case .reserve: operatorTexts.belowReserve
        case .full: operatorTexts.noRoom
        }
    }
}

extension Engine.Hindrance {
    /// For programs and the log.
    var word: String {
        switch self {
        case .peers: "peers"
        case .reserve: "reserve"
        case .full: "full"
        }
    }

    var peers: [String] { if case .peers(let names) = self { names } else { [] } }
}
