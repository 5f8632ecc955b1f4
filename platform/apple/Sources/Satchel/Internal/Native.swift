// What Swift and C hand each other: slices are lent, buffers and errors are taken over and freed.
import CSatchel
import Foundation

/// Throws the error that a call gave back, if it did.
func must(_ error: OpaquePointer?) throws(SatchelError) {
    guard let error else { return }
    defer { satchel_error_free(error) }
    throw SatchelError(lent: error)
}

/// Lends the UTF-8 of `text` for a call.
func withSlice<R>(_ text: String, _ body: (satchel_slice) throws(SatchelError) -> R) throws(SatchelError) -> R {
    var text = text
    let result = text.withUTF8 { bytes in
        Result { () throws(SatchelError) -> R in
            let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            return try body(satchel_slice(data: start, size: bytes.count))
        }
    }
    return try result.get()
}

func withSlice<R>(_ data: Data, _ body: (satchel_slice) throws(SatchelError) -> R) throws(SatchelError) -> R {
    let result = data.withUnsafeBytes { bytes in
        Result { () throws(SatchelError) -> R in
            try body(satchel_slice(data: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), size: bytes.count))
        }
    }
    return try result.get()
}

/// The bytes of a call that fills a buffer.
func buffer(
    _ call: (UnsafeMutablePointer<satchel_buffer>) throws(SatchelError) -> OpaquePointer?
) throws(SatchelError) -> Data {
    var filled = satchel_buffer()
    try must(try call(&filled))
    defer { satchel_buffer_free(&filled) }
    guard let bytes = filled.data else { return Data() }
    return Data(bytes: bytes, count: filled.size)
}

extension Data {
    /// Of what is lent.
    init(_ slice: satchel_slice) {
        if let bytes = slice.data { self.init(bytes: bytes, count: slice.size) } else { self.init() }
    }
}

extension String {
    /// Of what is lent.
    init(_ slice: satchel_slice) {
        let bytes = UnsafeRawBufferPointer(start: slice.data, count: slice.data == nil ? 0 : slice.size)
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension Duration {
    /// The least that is not shorter; as many as there are numbers for.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooMany) = seconds.multipliedReportingOverflow(by: 1000)
        if isTooMany { return seconds < 0 ? .min : .max }
        let rest = (attoseconds + (attoseconds > 0 ? 999_999_999_999_999 : 0)) / 1_000_000_000_000_000
        return whole.addingReportingOverflow(rest).overflow ? .max : whole + rest
    }
}

/// Texts and bytes at addresses that stay until it goes; wiped then, for keys are among them.
final class Arena {
    private var held: [UnsafeMutableRawBufferPointer] = []

    func slice(_ text: String) -> satchel_slice { slice(Data(text.utf8)) }

    func slice(_ data: Data) -> satchel_slice {
        if data.isEmpty { return satchel_slice() }
        let copy = take(data.count, alignment: 1)
        data.copyBytes(to: copy)
        return satchel_slice(data: copy.baseAddress!.assumingMemoryBound(to: CChar.self), size: data.count)
    }

    func slices(_ texts: [String]) -> UnsafePointer<satchel_slice>? {
        if texts.isEmpty { return nil }
        let copy = take(texts.count * MemoryLayout<satchel_slice>.stride, alignment: MemoryLayout<satchel_slice>.alignment)
        let slices = copy.bindMemory(to: satchel_slice.self)
        for (index, text) in texts.enumerated() { slices.initializeElement(at: index, to: slice(text)) }
        return UnsafePointer(slices.baseAddress)
    }

    private func take(_ count: Int, alignment: Int) -> UnsafeMutableRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: alignment)
        held.append(bytes)
        return bytes
    }

    deinit {
        for bytes in held {
            for index in bytes.indices { bytes.storeBytes(of: 0, toByteOffset: index, as: UInt8.self) }
            bytes.deallocate()
        }
    }
}

/// A pointer of C that may go to any thread, as satchel.h says of all of its handles.
struct Native: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
}

// ---- JSON

func writeJSON(_ value: some Encodable) throws(SatchelError) -> Data {
    do {
        return try JSONEncoder().encode(value)
    } catch {
        throw SatchelError(.invalid, "This cannot be written as JSON: \(type(of: error)).")
    }
}

func readJSON<T: Decodable>(_ type: T.Type, _ data: Data) throws(SatchelError) -> T {
    do {
        return try JSONDecoder().decode(type, from: data)
    } catch {
        // The path and not the words: they may quote what a worker wrote.
        throw SatchelError(.internal, "The answer is not as docs/ABI.md says.", place: place(of: error))
    }
}

private func place(of error: any Error) -> String {
    let context: DecodingError.Context? =
        switch error as? DecodingError {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context): context
        case .dataCorrupted(let context): context
        default: nil
        }
    return (context?.codingPath ?? []).map { "/" + $0.stringValue }.joined()
}
