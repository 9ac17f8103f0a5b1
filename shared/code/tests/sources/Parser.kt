package org.example.parse

import org.example.Node
import org.example.util.*
import org.example.Other as Third

/** Parses. */
@Service
class Parser<T : Node>(private val text: String, size: Int = MAX) : Base<T>(text), Runnable {
    val items: List<T> = load(text)
    private var count = 0

    companion object {
        const val MAX_SIZE = 10
    }

    // Runs it.
    override fun run(node: T, n: Int): List<T> {
        val home = System.getenv("HOME")
        for (item in items) {
            if (item.ok && n > MAX_SIZE) helper(item)?.go(n)
        }
        return when (n) {
            1 -> items.map { it.value }
            else -> Node.of(text = home).list()
        }
    }
}

interface Visitor {
    fun visit(node: Node)
}
enum class Level(val n: Int) {
    LOW(1),
    HIGH(2)
}
data class Point(val x: Int, val y: Int)
object Single : Visitor {
    override fun visit(node: Node) {}
}
typealias Names = List<String>
internal fun <T> List<T>.second(): T = this[1]
fun main() {
    Parser<Node>("x").run(Node(), 1)
}
