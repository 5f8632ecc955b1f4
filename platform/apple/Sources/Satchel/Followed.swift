// What is followed: sequences of what there is, and then of whatever makes a difference to it, by whomever: this app, a
// colleague by way of the central store, another process on the file.
import CSatchel
import Foundation

/// Gives what there is, then what is different, one thing at a time: what comes while the loop's body runs is one element, so
/// there is nothing to buffer, and nothing waits for a slow loop but itself. The loop ends when the store is closed or its
/// task is cancelled; leaving it lets go of everything. Each iterator follows anew; nothing is held before its first `next`.
public struct Followed<Element: Sendable>: AsyncSequence, Sendable {
    let begin: @Sendable () throws(SatchelError) -> Follower
    let reading: @Sendable () -> Reading

    typealias Reading = (Data) throws(SatchelError) -> Element

    public func makeAsyncIterator() -> Iterator { Iterator(followed: self) }

    /// May be handed to any task, and is asked by one at a time.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private let following: Following

        init(followed: Followed) { following = Following(followed) }

        /// nil: the store was closed, or this task cancelled. Throws `SatchelError` when what was asked for cannot be followed.
        public mutating func next() async throws -> Element? { try await following.next() }
    }

    // Lets go when the iterator goes.
    private final class Following: @unchecked Sendable {
        private let followed: Followed
        private let reading: Reading
        private var follower: Follower?
        private var ended = false

        init(_ followed: Followed) {
            self.followed = followed
            reading = followed.reading()
        }

        deinit { follower?.stop() }

        func next() async throws(SatchelError) -> Element? {
            if ended { return nil }
            do throws(SatchelError) {
                if let follower {
                    follower.resume()
                } else {
                    follower = try followed.begin()
                }
                if let json = try await follower!.next() { return try reading(json) }
            } catch {
                stop()
                if error.code == .closed { return nil }
                throw error
            }
            stop()
            return nil
        }

        private func stop() {
            ended = true
            follower?.stop()
            follower = nil
        }
    }
}

/// The records that a query finds now, and how this list came from the one before: for a screen that moves its rows instead of
/// drawing them anew. All places are ascending.
public struct LiveList<Element: Sendable>: Sendable {
    public struct Removed: Hashable, Sendable, Codable {
        /// Its place in the list before.
        public let from: Int
        public let id: String
    }

    public struct Moved: Hashable, Sendable, Codable {
        /// Its place in the list before.
        public let from: Int
        /// Its place in the list now.
        public let to: Int
        public let id: String
    }

    public struct Placed: Sendable {
        /// Its place in the list now.
        public let at: Int
        public let record: Element
    }

    /// Of this list: give it back as `shown` when a form about one of its records is saved.
    public let token: String
    public let records: [Element]
    /// As `Page.after`.
    public let after: String?
    /// There was none before: all of it is `inserted`.
    public let isFirst: Bool
    public let removed: [Removed]
    /// The fewest moves that lead to the new order.
    public let moved: [Moved]
    public let inserted: [Placed]
    /// Reads differently, also in what is unsent or in conflict; may be among the moved.
    public let updated: [Placed]
}

/// Which records read differently, for an app that keeps copies.
public struct Changes: Sendable {
    public let token: String
    /// There may be anything different: too many to name, a scope that left, and at first.
    public let anything: Bool
    public let records: [Reference]
}

extension Changes: Decodable {
    private enum CodingKeys: String, CodingKey { case token, anything, records }
    private struct Named: Decodable { let collection: String, id: String }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        token = try members.decode(String.self, forKey: .token)
        anything = try members.decode(Bool.self, forKey: .anything)
        records = try members.decode([Named].self, forKey: .records).map { Reference(collection: $0.collection, id: $0.id) }
    }
}

/// Keeps the list of one iterator up to date: a record becomes an `Element` once, when it is new or reads differently.
final class ListKeeper<Element: Sendable> {
    private struct Told: Decodable {
        struct Placed: Decodable { let at: Int, record: Record }

        let token: String, first: Bool, next: String
        let removed: [LiveList<Element>.Removed], moved: [LiveList<Element>.Moved]
        let inserted: [Placed], updated: [Placed]
    }

    private let model: (Record) -> Element
    private var records: [Element] = []

    init(_ model: @escaping (Record) -> Element) { self.model = model }

    func read(_ json: Data) throws(SatchelError) -> LiveList<Element> {
        let told = try readJSON(Told.self, json)
        let inserted = told.inserted.map(placed), updated = told.updated.map(placed)
        let leaving = Set(told.removed.map(\.from) + told.moved.map(\.from))
        let coming = told.moved.map { (at: $0.to, record: records[$0.from]) } + inserted.map { (at: $0.at, record: $0.record) }
        var now = records.indices.filter { !leaving.contains($0) }.map { records[$0] }
        for each in coming.sorted(by: { $0.at < $1.at }) { now.insert(each.record, at: each.at) }
        for each in updated { now[each.at] = each.record }
        records = now
        return LiveList(
            token: told.token, records: now, after: told.next.isEmpty ? nil : told.next, isFirst: told.first,
            removed: told.removed, moved: told.moved, inserted: inserted, updated: updated
        )
    }

    private func placed(_ told: Told.Placed) -> LiveList<Element>.Placed { .init(at: told.at, record: model(told.record)) }
}
