import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import javax.lang.model.element.*;
import javax.tools.*;

/**
 * Prints which file of a folder of Java uses which, by the compiler's own tree, for compare.py:
 * {@code java Edges.java FOLDER}. Libraries that are not there leave names that nobody knows, and nothing else.
 */
public final class Edges {
    private final Path root;
    private final Trees trees;
    private final Set<String> lines = new TreeSet<>();
    private final Map<Element, String> homes = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]).toRealPath();
        List<Path> sources;
        try (var all = Files.walk(root)) {
            sources = all.filter(path -> path.toString().endsWith(".java") && Files.isRegularFile(path))
                    .filter(path -> !path.endsWith("module-info.java")).sorted().toList();
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var files = compiler.getStandardFileManager(problem -> { }, null, StandardCharsets.UTF_8);
        // Errors are of missing libraries: everything else is to be attributed all the same.
        List<String> options = List.of("-proc:none", "-implicit:none", "-Xmaxerrs", "1", "-XDshould-stop.ifError=FLOW");
        var task = (JavacTask) compiler.getTask(
                null, files, problem -> { }, options, null, files.getJavaFileObjectsFromPaths(sources));
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        var edges = new Edges(root, Trees.instance(task));
        for (CompilationUnitTree unit : units) {
            edges.read(unit);
        }
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        edges.lines.forEach(out::println);
        out.flush();
    }

    private Edges(Path root, Trees trees) {
        this.root = root;
        this.trees = trees;
    }

    private void read(CompilationUnitTree unit) {
        String from = name(unit);
        lines.add("{\"file\": \"" + from + "\"}");
        new TreePathScanner<Void, Void>() {
            @Override
            public Void visitIdentifier(IdentifierTree tree, Void nothing) {
                use();
                return super.visitIdentifier(tree, nothing);
            }

            @Override
            public Void visitMemberSelect(MemberSelectTree tree, Void nothing) {
                use();
                return super.visitMemberSelect(tree, nothing);
            }

            @Override
            public Void visitMemberReference(MemberReferenceTree tree, Void nothing) {
                use();
                return super.visitMemberReference(tree, nothing);
            }

            @Override
            public Void visitNewClass(NewClassTree tree, Void nothing) {
                use();
                return super.visitNewClass(tree, nothing);
            }

            private void use() {
                String to = home(trees.getElement(getCurrentPath()));
                if (!to.isEmpty() && !to.equals(from)) {
                    lines.add("{\"from\": \"" + from + "\", \"to\": \"" + to + "\"}");
                }
            }
        }.scan(unit, null);
    }

    /** The file that defines a type or a member of one; nothing for packages and what libraries define. */
    private String home(Element element) {
        while (element != null && !(element instanceof TypeElement && element.getEnclosingElement() instanceof PackageElement)) {
            element = element instanceof PackageElement ? null : element.getEnclosingElement();
        }
        return element == null ? "" : homes.computeIfAbsent(element, type -> {
            TreePath path = trees.getPath(type);
            return path == null ? "" : name(path.getCompilationUnit());
        });
    }

    private String name(CompilationUnitTree unit) {
        return root.relativize(Path.of(unit.getSourceFile().toUri())).toString().replace('\\', '/');
    }
}
