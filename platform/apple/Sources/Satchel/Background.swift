// What the calls for the moment when an app leaves the screen, and for its time in the background, come to.

/// What is not at base yet: it is safe here, and goes with a later sync.
public struct Left: Hashable, Sendable, Codable {
    /// One or two short sentences that an app can show as they are, in `SatchelOptions.language`.
    public let words: String
    /// How many transactions, how many records they change, and since when (ISO 8601; nil: none).
    public let unsent: Int64
    public let records: Int64
    public let oldestUnsent: String?
    /// Scopes whose first sync has not come to its end.
    public let scopesIncomplete: Int64
    /// What the central store has lost and gets back from here.
    public let sealedToSend: Int64

    private enum CodingKeys: String, CodingKey {
        case words, unsent, records
        case oldestUnsent = "oldest_unsent"
        case scopesIncomplete = "scopes_incomplete"
        case sealedToSend = "sealed_to_send"
    }
}

extension Left: CustomStringConvertible {
    public var description: String { "Left(unsent=\(unsent), records=\(records))" }
}

/// What `SatchelStore.enterBackground` came to.
public struct Background: Hashable, Sendable, Codable {
    /// Everything committed before survives a power cut. false: the time was not enough, and it goes on by itself.
    public let isFlushed: Bool
    public let left: Left

    private enum CodingKeys: String, CodingKey {
        case isFlushed = "flushed"
        case left
    }
}

/// What `SatchelStore.sync(within:)` came to.
public struct SyncOutcome: Hashable, Sendable {
    public enum End: String, Hashable, Sendable {
        /// Nothing is left to send or fetch.
        case finished
        case outOfTime = "out_of_time"
        /// The central store was not reached.
        case offline
        /// Only a person can help.
        case needsSignIn = "needs_sign_in"
        /// `error` says why.
        case failed
    }

    public let ended: End
    public let error: SatchelError?
    public let left: Left
}

extension SyncOutcome: Decodable {
    private enum CodingKeys: String, CodingKey { case ended, error, left }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        ended = End(rawValue: try members.decode(String.self, forKey: .ended)) ?? .failed
        error = try members.decodeIfPresent(ToldError.self, forKey: .error)?.error
        left = try members.decode(Left.self, forKey: .left)
    }
}

extension SyncOutcome: CustomStringConvertible {
    public var description: String { "SyncOutcome(\(ended), \(left))" }
}
