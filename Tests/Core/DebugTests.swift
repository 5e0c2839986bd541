import Base
@testable import Core
import Simulation
import Support
import Testing
import Glibc
@Suite struct DebugTests {
    @Test func debugCalm() async {
        var bad = 0
        for seed in 0..<testRounds(30) {
            let walk = EngineWalk(seed: UInt64(seed), store: .memory, kinds: [.marks, .marks, .marks])
            say("start \(seed)\n")
            await walk.run(seconds: 20)
            say("end \(seed)\n")
            let v = walk.verdict()
            if !v.isEmpty { bad += 1; print("SEED", seed, "crashes", walk.crashes, v.count, v.prefix(6)) }
        }
        print("BAD", bad)
    }
}

func say(_ t: String) { let b = [UInt8](t.utf8); _ = write(2, b, b.count) }
