package org.example.parse

import org.example.Node
import org.example.util.{Helper, Other => Third, _}

/** Parses. */
class Parser[T <: Node](val text: String, size: Int = 1) extends Base[T](text) with Runnable {
  private val items: List[T] = load(text)

  // Runs it.
  override def run(node: T, n: Int): List[T] = {
    val home = sys.env("HOME")
    for (item <- items) {
      if (item.ok && n > size) Helper.go(item).next(n)
    }
    n match {
      case 1 => items.map(x => x.value)
      case _ => Node.of(home).list()
    }
  }
}

object Parser {
  val Max = 10
  def main(args: Array[String]): Unit = new Parser[Node]("x").run(null, 1)
}

trait Visitor { def visit(node: Node): Unit }
