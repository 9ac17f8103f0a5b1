use proptest::prelude::*;

use super::{
    rank, resolve,
    testing::{edges, repository},
};

#[test]
fn rust_modules_imports_and_paths() {
    insta::assert_snapshot!(edges(&[
        ("Cargo.toml", "[package]\nname = \"my-demo\"\n[dependencies]\nserde_json = \"1\"\n"),
        ("src/lib.rs", "mod net;\npub mod util;\npub use net::Client;\npub fn start() { util::run(); crate::net::dial(); }\n"),
        ("src/net/mod.rs", "mod inner;\npub use inner::*;\npub struct Client;\nimpl Client { pub fn open() -> Conn { Conn } }\npub fn dial() {}\n"),
        ("src/net/inner.rs", "use super::Client;\nuse serde_json::Value;\npub struct Conn;\nimpl Conn { pub fn send(&self, c: &Client) {} }\n"),
        ("src/util.rs", "use crate::{Client, net::Conn};\npub fn run() { Client::open().send(x); }\nfn with(conn: &Conn) { conn.send(y); }\n"),
        ("tests/it.rs", "use my_demo::Client;\nmod common;\nfn t() { common::setup(); Client::open(); }\n"),
        ("tests/common/mod.rs", "pub fn setup() {}\n"),
    ]), @r"
    src/lib.rs -> src/net/mod.rs Declaration
    src/lib.rs -> src/net/mod.rs Import
    src/lib.rs -> src/net/mod.rs#Client Import
    src/lib.rs -> src/util.rs Declaration
    src/lib.rs#start -> src/net/mod.rs Qualified
    src/lib.rs#start -> src/net/mod.rs#dial Qualified
    src/lib.rs#start -> src/util.rs Qualified
    src/lib.rs#start -> src/util.rs#run Qualified
    src/net/inner.rs -> src/net/mod.rs Import
    src/net/inner.rs -> src/net/mod.rs#Client Import
    src/net/inner.rs#send -> src/net/mod.rs#Client Import
    src/net/mod.rs -> src/net/inner.rs Declaration
    src/net/mod.rs -> src/net/inner.rs Glob
    src/net/mod.rs -> src/net/inner.rs Import
    src/net/mod.rs#open -> src/net/inner.rs#Conn Glob
    src/util.rs -> src/net/inner.rs#Conn ReExport
    src/util.rs -> src/net/mod.rs Import
    src/util.rs -> src/net/mod.rs#Client ReExport
    src/util.rs#run -> src/net/inner.rs#send Member
    src/util.rs#run -> src/net/mod.rs#Client ReExport
    src/util.rs#run -> src/net/mod.rs#open Qualified
    src/util.rs#with -> src/net/inner.rs#Conn Glob
    src/util.rs#with -> src/net/inner.rs#send Member
    tests/it.rs -> src/net/mod.rs#Client ReExport
    tests/it.rs -> tests/common/mod.rs Declaration
    tests/it.rs#t -> src/net/mod.rs#Client ReExport
    tests/it.rs#t -> src/net/mod.rs#open Qualified
    tests/it.rs#t -> tests/common/mod.rs Qualified
    tests/it.rs#t -> tests/common/mod.rs#setup Qualified
    src/net/inner.rs uses serde_json at 2
    ");
}

#[test]
fn rust_macros_traits_and_nested_modules() {
    insta::assert_snapshot!(edges(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
        ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
        ("a/src/lib.rs", "#[macro_use]\nmod macros;\nmod deep { pub mod nested; }\npub trait Run { fn run(&self) {} }\nfn f() { twice!(1); deep::nested::go(); }\n"),
        ("a/src/macros.rs", "macro_rules! twice { ($x:expr) => { $x } }\n"),
        ("a/src/deep/nested.rs", "use super::super::Run;\npub fn go() {}\n"),
        ("b/Cargo.toml", "[package]\nname = \"b\"\n[dependencies]\na = { path = \"../a\" }\n"),
        ("b/src/main.rs", "use a::Run;\nstruct S;\nimpl Run for S {}\nfn main() { S.run(); let s = S; S::run(&s); }\n"),
    ]), @r"
    a/src/deep/nested.rs -> a/src/lib.rs#Run Import
    a/src/lib.rs -> a/src/macros.rs Declaration
    a/src/lib.rs#deep -> a/src/deep/nested.rs Declaration
    a/src/lib.rs#f -> a/src/deep/nested.rs Qualified
    a/src/lib.rs#f -> a/src/deep/nested.rs#go Qualified
    a/src/lib.rs#f -> a/src/macros.rs#twice Glob
    b/src/main.rs -> a/src/lib.rs#Run Import
    b/src/main.rs#S -> a/src/lib.rs#Run Import
    b/src/main.rs#main -> a/src/lib.rs#run Qualified
    ");
}

#[test]
fn python_packages_relative_imports_and_what_init_passes_on() {
    insta::assert_snapshot!(edges(&[
        ("pyproject.toml", "[project]\nname = \"demo\"\ndependencies = [\"PyYAML\", \"requests\"]\n"),
        ("src/demo/__init__.py", "from .core import App\nfrom .tools import *\n"),
        ("src/demo/core.py", "import os\nimport requests\nfrom . import tools as t\nfrom .models.user import User\n\nclass App:\n    def run(self, user: User) -> User:\n        t.help_out()\n        user.rename()\n        return user\n"),
        ("src/demo/tools.py", "def help_out(): pass\n"),
        ("src/demo/models/__init__.py", ""),
        ("src/demo/models/user.py", "from ..core import App\n\nclass Base:\n    def rename(self): pass\n\nclass User(Base):\n    app: App\n"),
        ("tests/test_app.py", "import demo\nimport demo.models.user\nfrom demo import App, help_out\n\ndef test_app():\n    demo.App().run(demo.models.user.User()).rename()\n    help_out()\n"),
    ]), @r"
    src/demo/__init__.py -> src/demo/core.py Import
    src/demo/__init__.py -> src/demo/core.py#App Import
    src/demo/__init__.py -> src/demo/tools.py Glob
    src/demo/__init__.py -> src/demo/tools.py Import
    src/demo/core.py -> src/demo/models/user.py Import
    src/demo/core.py -> src/demo/models/user.py#User Import
    src/demo/core.py -> src/demo/tools.py Import
    src/demo/core.py#run -> src/demo/models/user.py#User Import
    src/demo/core.py#run -> src/demo/models/user.py#rename Member
    src/demo/core.py#run -> src/demo/tools.py Import
    src/demo/core.py#run -> src/demo/tools.py#help_out Qualified
    src/demo/models/user.py -> src/demo/core.py Import
    src/demo/models/user.py -> src/demo/core.py#App Import
    src/demo/models/user.py#app -> src/demo/core.py#App Import
    tests/test_app.py -> src/demo/__init__.py Import
    tests/test_app.py -> src/demo/core.py#App ReExport
    tests/test_app.py -> src/demo/models/user.py Import
    tests/test_app.py -> src/demo/tools.py#help_out ReExport
    tests/test_app.py#test_app -> src/demo/__init__.py Import
    tests/test_app.py#test_app -> src/demo/core.py#App Qualified
    tests/test_app.py#test_app -> src/demo/core.py#run Qualified
    tests/test_app.py#test_app -> src/demo/models/__init__.py Qualified
    tests/test_app.py#test_app -> src/demo/models/user.py Qualified
    tests/test_app.py#test_app -> src/demo/models/user.py#User Qualified
    tests/test_app.py#test_app -> src/demo/models/user.py#rename Member
    tests/test_app.py#test_app -> src/demo/tools.py#help_out Glob
    src/demo/core.py uses requests at 2
    ");
}

#[test]
fn scripts_follow_specifiers_aliases_and_packages_of_the_repository() {
    insta::assert_snapshot!(edges(&[
        ("package.json", "{\"workspaces\": [\"packages/*\"], \"dependencies\": {\"react\": \"19\"}}"),
        ("packages/core/package.json", "{\"name\": \"@x/core\", \"main\": \"dist/index.js\"}"),
        ("packages/core/src/index.ts", "export * from './client.js';\nexport { default as make, helper as help } from './make';\n"),
        ("packages/core/src/client.ts", "export class Client { send(): Reply { return new Reply(); } }\nexport class Reply { text() {} }\n"),
        ("packages/core/src/make.ts", "import { Client } from './client';\nexport default function make(): Client { return new Client(); }\nexport function helper() {}\n"),
        ("packages/web/tsconfig.json", "{\"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@lib/*\": [\"src/lib/*\"]}}}"),
        ("packages/web/src/lib/view.tsx", "export const View = () => null;\n"),
        ("packages/web/src/app.tsx", "import React from 'react';\nimport fs from 'node:fs';\nimport { Client, make, help } from '@x/core';\nimport * as views from '@lib/view';\n\nexport function app(client: Client) {\n  client.send().text();\n  make().send();\n  help();\n  return views.View();\n}\n"),
    ]), @r"
    packages/core/src/index.ts -> packages/core/src/client.ts Glob
    packages/core/src/index.ts -> packages/core/src/client.ts Import
    packages/core/src/index.ts -> packages/core/src/make.ts Import
    packages/core/src/index.ts -> packages/core/src/make.ts#helper Import
    packages/core/src/index.ts -> packages/core/src/make.ts#make Import
    packages/core/src/make.ts -> packages/core/src/client.ts Import
    packages/core/src/make.ts -> packages/core/src/client.ts#Client Import
    packages/core/src/make.ts#make -> packages/core/src/client.ts#Client Import
    packages/web/src/app.tsx -> packages/core/src/client.ts#Client ReExport
    packages/web/src/app.tsx -> packages/core/src/index.ts Import
    packages/web/src/app.tsx -> packages/core/src/make.ts#helper ReExport
    packages/web/src/app.tsx -> packages/core/src/make.ts#make ReExport
    packages/web/src/app.tsx -> packages/web/src/lib/view.tsx Import
    packages/web/src/app.tsx#app -> packages/core/src/client.ts#Client Glob
    packages/web/src/app.tsx#app -> packages/core/src/client.ts#send Member
    packages/web/src/app.tsx#app -> packages/core/src/client.ts#text Member
    packages/web/src/app.tsx#app -> packages/core/src/make.ts#helper ReExport
    packages/web/src/app.tsx#app -> packages/core/src/make.ts#make ReExport
    packages/web/src/app.tsx#app -> packages/web/src/lib/view.tsx Import
    packages/web/src/app.tsx#app -> packages/web/src/lib/view.tsx#View Qualified
    packages/web/src/app.tsx uses react at 1
    ");
}

#[test]
fn circles_of_imports_end() {
    insta::assert_snapshot!(edges(&[
        ("a.ts", "export * from './b';\nexport { x } from './c';\nimport { y } from './b';\ny();\n"),
        ("b.ts", "export * from './a';\nexport * from './c';\n"),
        ("c.ts", "export * from './a';\nexport { x } from './b';\nexport function y() {}\n"),
        ("p/__init__.py", "from .q import thing\n"),
        ("p/q.py", "from p import thing\nthing()\n"),
        ("src/lib.rs", "mod m;\npub use m::*;\nfn f() { lost(); }\n"),
        ("src/m.rs", "pub use super::*;\npub use crate::m::*;\n"),
    ]), @r"
    a.ts -> b.ts Glob
    a.ts -> b.ts Import
    a.ts -> c.ts Import
    a.ts -> c.ts#y Glob
    a.ts -> c.ts#y ReExport
    b.ts -> a.ts Glob
    b.ts -> a.ts Import
    b.ts -> c.ts Glob
    b.ts -> c.ts Import
    c.ts -> a.ts Glob
    c.ts -> a.ts Import
    c.ts -> b.ts Import
    p/__init__.py -> p/q.py Import
    p/q.py -> p/__init__.py Import
    src/lib.rs -> src/m.rs Declaration
    src/lib.rs -> src/m.rs Glob
    src/lib.rs -> src/m.rs Import
    ");
}

#[test]
fn go_packages_share_names_and_are_imported_by_module_path() {
    insta::assert_snapshot!(edges(&[
        ("go.mod", "module example.com/demo\n\nrequire github.com/pkg/errors v0.9.1\n"),
        ("main.go", "package main\n\nimport (\n\t\"fmt\"\n\tst \"example.com/demo/store\"\n\t\"github.com/pkg/errors\"\n)\n\nfunc main() {\n\ts := st.Open()\n\tfmt.Println(s)\n\trun(nil)\n}\n"),
        ("run.go", "package main\n\nimport \"example.com/demo/store\"\n\nfunc run(s *store.Store) {\n\ts.Get(\"x\").Show()\n}\n"),
        ("store/store.go", "package store\n\ntype Store struct {\n\trows *Rows\n}\n\nfunc Open() *Store { return &Store{} }\n\nfunc (s *Store) Get(key string) *Row {\n\treturn s.rows.Find(key)\n}\n"),
        ("store/rows.go", "package store\n\ntype Rows struct{}\n\ntype Row struct{}\n\nfunc (r *Rows) Find(key string) *Row { return nil }\n\nfunc (r *Row) Show() {}\n"),
    ]), @r"
    main.go#main -> run.go#run SamePackage
    main.go#main -> store/store.go#Open Qualified
    run.go#run -> store/rows.go#Show Member
    run.go#run -> store/store.go#Get Member
    run.go#run -> store/store.go#Store Qualified
    store/store.go#Get -> store/rows.go#Find Member
    store/store.go#Get -> store/rows.go#Row SamePackage
    store/store.go#rows -> store/rows.go#Rows SamePackage
    main.go uses github.com/pkg/errors at 6
    ");
}

#[test]
fn java_and_kotlin_packages_imports_and_members() {
    insta::assert_snapshot!(edges(&[
        ("pom.xml", "<project><dependencies><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId></dependency></dependencies></project>"),
        ("src/main/java/org/demo/App.java", "package org.demo;\n\nimport java.util.List;\nimport org.slf4j.Logger;\nimport org.demo.store.Store;\nimport org.demo.model.*;\nimport static org.demo.util.Texts.join;\n\npublic class App extends Base {\n  private final Store store = new Store();\n  public void run(Item item) {\n    store.open().close();\n    item.name();\n    start();\n    join(\"a\");\n    Helper.help();\n  }\n}\n"),
        ("src/main/java/org/demo/Base.java", "package org.demo;\n\npublic class Base {\n  protected void start() {}\n}\n"),
        ("src/main/java/org/demo/Helper.java", "package org.demo;\n\nclass Helper {\n  static void help() {}\n}\n"),
        ("src/main/java/org/demo/store/Store.java", "package org.demo.store;\n\npublic class Store {\n  public Handle open() { return new Handle(); }\n}\n"),
        ("src/main/java/org/demo/store/Handle.java", "package org.demo.store;\n\npublic class Handle {\n  public void close() {}\n}\n"),
        ("src/main/java/org/demo/model/Item.java", "package org.demo.model;\n\npublic interface Item {\n  String name();\n}\n"),
        ("src/main/java/org/demo/util/Texts.java", "package org.demo.util;\n\npublic class Texts {\n  public static String join(String a) { return a; }\n}\n"),
        ("src/main/kotlin/org/demo/Tool.kt", "package org.demo\n\nimport org.demo.store.Store\n\nclass Tool(val store: Store) {\n    fun use() { store.open() }\n}\n"),
    ]), @r"
    src/main/java/org/demo/App.java -> src/main/java/org/demo/store/Store.java#Store Import
    src/main/java/org/demo/App.java -> src/main/java/org/demo/util/Texts.java#join Import
    src/main/java/org/demo/App.java#App -> src/main/java/org/demo/Base.java#Base SamePackage
    src/main/java/org/demo/App.java#App -> src/main/java/org/demo/store/Store.java#Store Import
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/Base.java#start SamePackage
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/Helper.java#Helper SamePackage
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/Helper.java#help Qualified
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/model/Item.java#Item Glob
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/model/Item.java#name Member
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/store/Handle.java#close Member
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/store/Store.java#open Member
    src/main/java/org/demo/App.java#run -> src/main/java/org/demo/util/Texts.java#join Import
    src/main/java/org/demo/App.java#store -> src/main/java/org/demo/store/Store.java#Store Import
    src/main/java/org/demo/store/Store.java#open -> src/main/java/org/demo/store/Handle.java#Handle SamePackage
    src/main/kotlin/org/demo/Tool.kt -> src/main/java/org/demo/store/Store.java#Store Import
    src/main/kotlin/org/demo/Tool.kt#store -> src/main/java/org/demo/store/Store.java#Store Import
    src/main/kotlin/org/demo/Tool.kt#use -> src/main/java/org/demo/store/Store.java#open Member
    src/main/java/org/demo/App.java uses org.slf4j:slf4j-api at 4
    ");
}

#[test]
fn c_and_cpp_see_what_they_include() {
    insta::assert_snapshot!(edges(&[
        ("src/main.c", "#include <stdio.h>\n#include \"net/socket.h\"\n\nint main(void) {\n  struct sock *s = sock_open();\n  return MAX_SOCKS;\n}\n"),
        ("include/net/socket.h", "#include \"types.h\"\n#define MAX_SOCKS 4\nstruct sock { int fd; };\nstruct sock *sock_open(void);\n"),
        ("include/net/types.h", "typedef int handle_t;\n"),
        ("src/net/socket.c", "#include \"net/socket.h\"\nstruct sock *sock_open(void) { handle_t h; return 0; }\n"),
        ("src/box.hpp", "namespace geo {\nclass Box {\n public:\n  int area() const;\n};\n}\n"),
        ("src/box.cpp", "#include \"box.hpp\"\nnamespace geo {\nint Box::area() const { return 1; }\n}\n"),
        ("src/use.cpp", "#include \"box.hpp\"\nint f(const geo::Box &b) { return b.area(); }\n"),
    ]), @r"
    include/net/socket.h -> include/net/types.h Include
    src/box.cpp -> src/box.hpp Include
    src/main.c -> include/net/socket.h Include
    src/main.c#main -> include/net/socket.h#MAX_SOCKS Include
    src/main.c#main -> include/net/socket.h#sock Include
    src/main.c#main -> include/net/socket.h#sock_open Include
    src/net/socket.c -> include/net/socket.h Include
    src/net/socket.c#sock_open -> include/net/socket.h#sock Include
    src/net/socket.c#sock_open -> include/net/types.h#handle_t Include
    src/use.cpp -> src/box.hpp Include
    src/use.cpp#f -> src/box.hpp#area Member
    ");
}

#[test]
fn csharp_php_and_ruby_namespaces() {
    insta::assert_snapshot!(edges(&[
        ("App/Program.cs", "using System;\nusing Demo.Store;\n\nnamespace Demo.App\n{\n    class Program\n    {\n        static void Main() { var s = new Shop(); Util.Log(); }\n        void Run(Shop shop) { shop.Open(); }\n    }\n}\n"),
        ("App/Util.cs", "namespace Demo.App;\n\nstatic class Util { public static void Log() {} }\n"),
        ("Store/Shop.cs", "namespace Demo.Store;\n\npublic class Shop { public void Open() {} }\n"),
        ("composer.json", "{\"name\": \"a/b\", \"autoload\": {\"psr-4\": {\"Demo\\\\\": \"lib/\"}}}"),
        ("lib/Home.php", "<?php\nnamespace Demo;\nuse Demo\\Model\\User;\nclass Home { public function show(User $user): void { $user->name(); new Page(); } }\n"),
        ("lib/Page.php", "<?php\nnamespace Demo;\nclass Page {}\n"),
        ("lib/Model/User.php", "<?php\nnamespace Demo\\Model;\nclass User { public function name() {} }\n"),
        ("lib/demo/cli.rb", "require 'demo/task'\nmodule Demo\n  class Cli < Base\n    def run\n      Demo::Task.start\n      help\n    end\n  end\nend\n"),
        ("lib/demo/task.rb", "module Demo\n  class Task\n    def self.start; end\n  end\nend\n"),
        ("lib/demo/base.rb", "module Demo\n  class Base\n    def help; end\n  end\n  def self.new; end\nend\n"),
        ("lib/demo/list.rb", "module Demo\n  class List < Base\n    def self.of(items)\n      new.concat(items)\n      help\n    end\n  end\nend\n"),
    ]), @r"
    App/Program.cs#Main -> App/Util.cs#Log Qualified
    App/Program.cs#Main -> App/Util.cs#Util SamePackage
    App/Program.cs#Main -> Store/Shop.cs#Shop Glob
    App/Program.cs#Run -> Store/Shop.cs#Open Member
    App/Program.cs#Run -> Store/Shop.cs#Shop Glob
    lib/Home.php -> lib/Model/User.php#User Import
    lib/Home.php#show -> lib/Model/User.php#User Import
    lib/Home.php#show -> lib/Model/User.php#name Member
    lib/Home.php#show -> lib/Page.php#Page SamePackage
    lib/demo/cli.rb -> lib/demo/task.rb Import
    lib/demo/cli.rb#Cli -> lib/demo/base.rb#Base SamePackage
    lib/demo/cli.rb#run -> lib/demo/base.rb#help SamePackage
    lib/demo/cli.rb#run -> lib/demo/task.rb#Task Qualified
    lib/demo/cli.rb#run -> lib/demo/task.rb#start Qualified
    lib/demo/list.rb#List -> lib/demo/base.rb#Base SamePackage
    lib/demo/list.rb#of -> lib/demo/base.rb#help SamePackage
    ");
}

/// Names that collide, so that random imports form circles, chains and dead ends.
const NAMES: &[&str] = &["a", "b", "c", "self", "super", "crate", "*", "default", "", "."];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NAMES)
}

/// A line of a program in one of the languages: an import, a definition or a use, right or wrong.
fn line() -> impl Strategy<Value = String> {
    (0..12_usize, name(), name(), name()).prop_map(|(kind, a, b, c)| match kind {
        0 => format!("pub use {a}::{b}::{c};\n"),
        1 => format!("mod {a};\nuse {b}::*;\n"),
        2 => format!("pub mod {a} {{ pub use super::{b}; pub fn {c}() {{ {b}::{a}(); }} }}\n"),
        3 => format!("impl {a} for {b} {{ fn {c}(&self, x: {a}) -> {b} {{ x.{b}().{c}() }} }}\n"),
        4 => format!("from .{a} import {b}\nfrom {a}.{c} import *\n"),
        5 => format!("import {a}.{b} as {c}\n"),
        6 => format!("class {a}({b}):\n    def {c}(self, x: {b}) -> {a}: return x.{a}()\n"),
        7 => format!("export * from './{a}';\nexport {{ {b} as {c} }} from './{a}';\n"),
        8 => format!("import {{ {a} }} from '../{b}/{c}';\n"),
        9 => format!("export class {a} extends {b} {{ x: {c}; {b}(): {a} {{ this.x.{c}() }} }}\n"),
        10 => format!("{a}.{b}.{c}();\n{a}::{b}();\n"),
        _ => format!("pub struct {a};\npub trait {b}: {c} {{}}\n"),
    })
}

fn path() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "c", "src"]);
    let file = prop::sample::select(vec![
        "a.rs",
        "b.rs",
        "mod.rs",
        "lib.rs",
        "main.rs",
        "a.py",
        "b.py",
        "__init__.py",
        "a.ts",
        "b.ts",
        "index.ts",
        "c.tsx",
        "a.go",
        "A.java",
        "a.h",
        "a.c",
        "a.rb",
        "a.php",
        "a.cs",
        "package.json",
        "Cargo.toml",
    ]);
    (prop::collection::vec(part, 0..3), file).prop_map(|(folders, file)| {
        let parts: Vec<&str> = folders.into_iter().chain([file]).collect();
        parts.join("/")
    })
}

proptest! {
    #[test]
    fn any_imports_end_with_ids_in_range_whatever_the_order(
        files in prop::collection::btree_map(path(), prop::collection::vec(line(), 0..8), 1..14),
        turn in 0..14_usize,
    ) {
        let texts: Vec<(String, String)> = files.into_iter().map(|(path, lines)| (path, lines.concat())).collect();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let facts = repository(&pairs);
        let mut order: Vec<_> = facts.iter().collect();
        let graph = resolve(&order);
        for edge in &graph.edges {
            for node in [edge.from, edge.to] {
                let file = graph.file_of(node).and_then(|file| graph.file(file));
                prop_assert!(file.is_some(), "{node:?} is not in the graph");
            }
            prop_assert!(edge.from != edge.to && edge.weight > 0);
        }
        prop_assert!(graph.edges.is_sorted_by_key(|edge| (edge.from, edge.to, edge.kind, edge.certainty)));
        let ranks = rank(&graph);
        prop_assert!((ranks.files.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        order.rotate_left(turn % facts.len());
        order.reverse();
        prop_assert_eq!(&resolve(&order), &graph);
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        prop_assert_eq!(&single.install(|| resolve(&order)), &graph);
    }
}
