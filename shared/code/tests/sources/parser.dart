import 'dart:io';
import 'package:example/node.dart' as node;
export 'src/util.dart';

/// Parses text.
class Parser<T extends Node> extends Base<T> with Mixed implements Runnable {
  final String text;
  static int count = 0;

  /// Makes one.
  Parser(this.text, {int size = 1});
  Parser.named(String text) : this(text);

  @override
  List<T> run(T n, int m) {
    var home = Platform.environment['HOME'];
    for (final item in items) {
      if (item.ok && m > 1) helper(item)?.go(m);
    }
    return items.map((x) => x.value).toList();
  }

  int get size => text.length;
  void _hidden();
}

enum Level { low, high }
const limit = 10;
int helper(node.Item item) => limit;
void main() { Parser<Node>('x').run(null, 1); }
