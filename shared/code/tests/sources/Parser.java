/*
 * Copyright somebody.
 */
package org.example.parse;

import java.util.List;
import java.util.*;
import static org.example.Util.helper;

/**
 * Parses text.
 *
 * @since 1
 */
@Service
public abstract class Parser<T extends Node> extends Base<T> implements Runnable, java.io.Closeable {
    private static final int MAX_SIZE = 10;
    protected List<T> items = new ArrayList<>(), others;

    /** Makes one. */
    @Autowired
    public Parser(@Named("x") String text, Options options) {
        super(text);
        this.items = options.items(text);
    }

    @Override
    @GetMapping("/users/{id}")
    public <R> List<R> run(final T node, int n) throws ParseException {
        String home = System.getenv("HOME");
        for (T item : items) {
            if (item != null && n > MAX_SIZE) { helper(item).go(n); }
        }
        return items.stream().map(x -> x.value()).map(Node::new).collect(Collectors.toList());
    }

    abstract void later();

    enum Level { LOW, HIGH(2); Level(int... x) {} }
    interface Visitor { void visit(Node node); }
    record Point(int x, int y) {}

    @Test
    void works() { assertEquals(1, MAX_SIZE); }

    public static void main(String[] args) { new Parser<Node>("x", null).run(null, 1); }
}
