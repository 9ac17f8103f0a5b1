import Foundation

/// Parses text.
public final class Parser<T: Node>: Base, Runnable {
    public let text: String
    private var count = 0

    /// Makes one.
    init(_ text: String, size: Int = 1) {
        self.text = text
    }

    @discardableResult
    public func run(for node: T, _ n: Int) throws -> [T] {
        let home = ProcessInfo.processInfo.environment["HOME"]
        for item in items {
            if item.ok && n > 1 { helper(item)?.go(n) }
        }
        return items.map { $0.value }
    }

    var size: Int { return text.count }
}

enum Level: Int { case low = 1, high }
struct Point { var x: Int }
protocol Visitor { func visit(_ node: Node) }
extension Parser: Visitor { func visit(_ node: Node) { run(for: node, 1) } }
typealias Names = [String]
