import Foundation

@testable import Satchel

let startMilliseconds: Int64 = 1_773_000_000_000 // a Sunday in March 2026, as in the C++ player

let answerLost = "The answer was lost."

/// A tablet over HTTPS whose clock and luck the scenario decides.
final class Tablet: Sendable {
    private struct SetClock: SatchelClock {
        let time: Guarded<Int64>
        let ahead: Guarded<Int64>
        var wallMilliseconds: Int64 { time.with { $0 } + ahead.with { $0 } }
        var monotonicMilliseconds: Int64 { Int64(ProcessInfo.processInfo.systemUptime * 1000) }
    }

    /// The platform's HTTPS, whose answers get lost as often as the scenario says.
    private struct UnreliableNetwork: HTTPTransport {
        let network: URLSessionTransport
        let answersToLose: Guarded<Int>

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            let answer = try await network.send(request)
            let left = answersToLose.with { left in
                left -= 1
                return left
            }
            if left >= 0 { throw SatchelError(.network, answerLost, isRetryable: true) }
            return answer
        }
    }

    let ahead = Guarded<Int64>(0)
    let answersToLose = Guarded(0)
    let store: SatchelStore

    init(
        _ path: String, _ worker: String, _ schema: String, _ centre: Centre, _ time: Guarded<Int64>, losesAnswers: Bool
    ) throws {
        var options = centre.options(path, worker, schema: schema)
        if losesAnswers {
            options.http = UnreliableNetwork(network: URLSessionTransport(centre.url), answersToLose: answersToLose)
        }
        options.clock = SetClock(time: time, ahead: ahead)
        store = try SatchelStore.openBlocking(options)
    }
}

/// In which order the tablets come to the centre at each step "sync": the last place counting fastest.
final class Orders: CustomStringConvertible {
    private var chosen: [Int] = []
    private var possible: [Int] = []
    private var taken: [String] = []

    func take(_ tablets: [String]) -> [String] {
        let at = taken.count
        if at == chosen.count {
            chosen.append(0)
            possible.append((1...tablets.count).reduce(1, *))
        }
        let order = permutation(tablets.sorted(), chosen[at])
        taken.append(order.joined(separator: " "))
        return order
    }

    func next() -> Bool {
        taken = []
        for at in chosen.indices.reversed() {
            chosen[at] += 1
            if chosen[at] < possible[at] { return true }
            chosen[at] = 0
        }
        return false
    }

    var description: String { taken.isEmpty ? "nobody" : taken.joined(separator: ", then ") }

    private func permutation(_ items: [String], _ number: Int) -> [String] {
        var left = items, rest = number
        return items.indices.map { _ in
            let below = left.count < 2 ? 1 : (1..<left.count).reduce(1, *)
            let place = rest / below
            rest %= below
            return left.remove(at: place)
        }
    }
}

/// "$gwen" in a scenario, an id in the store.
struct Names {
    private var ids: [String: String] = [:]

    func has(_ name: String) -> Bool { ids[name] != nil }

    mutating func make(_ name: String) {
        if name.hasPrefix("$") && ids[name] == nil { ids[name] = versionSeven() }
    }

    mutating func learn(_ name: String, _ id: String) { ids[name] = id }

    /// Longest first, so that "$note2" is not taken for "$note".
    func toIds(_ text: String) -> String {
        ids.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    func toNames(_ text: String) -> String { ids.reduce(text) { $0.replacingOccurrences(of: $1.value, with: $1.key) } }

    func toIds(_ value: JSON) -> JSON { value.mapTexts(toIds) }
    func toNames(_ value: JSON) -> JSON { value.mapTexts(toNames) }

    private func versionSeven() -> String {
        var random = SystemRandomNumberGenerator()
        let high = (UInt64(startMilliseconds) + UInt64(ids.count)) << 16 | 0x7000 | random.next() & 0xFFF
        let low = random.next() >> 2 | 1 << 63
        let digits = String(format: "%016lx%016lx", high, low)
        var parts: [String] = [], rest = digits[...]
        for count in [8, 4, 4, 4, 12] {
            parts.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "-")
    }
}

extension JSON {
    func mapTexts(_ change: (String) -> String) -> JSON {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let elements): .array(elements.map { $0.mapTexts(change) })
        case .object(let members): .object(Dictionary(uniqueKeysWithValues: members.map { (change($0), $1.mapTexts(change)) }))
        default: self
        }
    }

    /// What Codable makes of an answer, as JSON again.
    init(_ answer: some Encodable) throws { self = try readJSON(JSON.self, writeJSON(answer)) }

    func without(_ member: String) -> JSON { members.map { .object($0.filter { $0.key != member }) } ?? self }
    func with(_ member: String, _ value: JSON) -> JSON { .object((members ?? [:]).merging([member: value]) { $1 }) }
}
