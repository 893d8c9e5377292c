//! The modules of a crate: what each defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Token, tokens};
use super::tree::Tree;

/// The modules of a crate without those of its tests; the first is the root.
pub(super) struct Modules(Vec<Module>);

/// A module's place in [`Modules`].
type Id = usize;

#[derive(Default)]
struct Module {
    /// Relative to the root of the workspace.
    file: String,
    parent: Id,
    children: BTreeMap<String, Id>,
    /// Names that it defines.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths of at least two segments in its code.
    paths: Vec<(Vec<String>, usize)>,
    /// Names that its code begins a path with, or uses alone.
    words: BTreeSet<String>,
}

/// A name that a `use` brings in; `*` is every name.
struct Import {
    name: String,
    path: Vec<String>,
    line: usize,
    /// Whether other modules may take the name from here.
    is_public: bool,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    Module(Id),
    /// An item that a module defines, or, where that cannot be seen, is asked for.
    Item(Id),
}

impl Modules {
    /// Reads the crate whose root is `<folder>/src/lib.rs`.
    pub(super) fn read(tree: &Tree, folder: &str) -> Result<Self, String> {
        let mut modules = Self(Vec::new());
        modules.file(tree, format!("{folder}/src/lib.rs"), &format!("{folder}/src"), 0)?;
        Ok(modules)
    }

    /// Which file needs which, each pair with the first line that does. An imported name is that of the file which defines
    /// it, however many modules hand it on; a module that hands a name on needs it only where its own code uses it.
    pub(super) fn edges(&self) -> BTreeMap<(&str, &str), usize> {
        let mut edges = BTreeMap::new();
        for (id, module) in self.0.iter().enumerate() {
            let used = module.imports.iter().filter(|import| !import.is_public || self.uses(module, id, import));
            let used = used.map(|import| (&import.path, import.line));
            for (path, line) in used.chain(module.paths.iter().map(|(path, line)| (path, *line))) {
                // A module alone is only where longer paths begin.
                let Some(Target::Item(to)) = self.resolve(id, path, &mut Vec::new()) else { continue };
                if let Some(to) = self.0.get(to).filter(|to| to.file != module.file) {
                    let first = edges.entry((module.file.as_str(), to.file.as_str())).or_insert(line);
                    *first = line.min(*first);
                }
            }
        }
        edges
    }

    /// Whether a module's own code uses what it imports.
    fn uses(&self, module: &Module, id: Id, import: &Import) -> bool {
        if import.name != "*" {
            return module.words.contains(&import.name);
        }
        let from = import.path.split_last().and_then(|(_, path)| self.resolve(id, path, &mut Vec::new()));
        let Some(Target::Module(from)) = from else { return false };
        self.0.get(from).is_some_and(|from| !from.items.is_disjoint(&module.words))
    }

    /// What a path in a module leads to; nothing where that is outside of the crate. `seen` holds the names that are being
    /// looked up.
    fn resolve(&self, from: Id, path: &[String], seen: &mut Vec<(Id, String)>) -> Option<Target> {
        let mut target = Target::Module(from);
        for (position, segment) in path.iter().enumerate() {
            let Target::Module(id) = target else { break };
            let is_last = position + 1 == path.len();
            target = match segment.as_str() {
                "crate" => Target::Module(0),
                "self" => target,
                "super" => Target::Module(self.0.get(id)?.parent),
                "*" => Target::Item(id),
                _ => match self.look_up(id, segment, is_last, seen) {
                    Some(found) => found,
                    None if position == 0 => return None,
                    // A macro may define it.
                    None => Target::Item(id),
                },
            };
        }
        Some(target)
    }

    fn look_up(&self, id: Id, name: &str, is_last: bool, seen: &mut Vec<(Id, String)>) -> Option<Target> {
        let module = self.0.get(id)?;
        if is_last && module.items.contains(name) {
            return Some(Target::Item(id));
        }
        if let Some(child) = module.children.get(name) {
            return Some(Target::Module(*child));
        }
        if module.items.contains(name) {
            return Some(Target::Item(id));
        }
        let key = (id, name.to_owned());
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        let mut named = module.imports.iter().filter(|import| import.name == name);
        let found = named.find_map(|import| self.resolve(id, &import.path, seen));
        let mut globs = module.imports.iter().filter(|import| import.name == "*");
        let found = found.or_else(|| {
            globs.find_map(|import| {
                let (_, path) = import.path.split_last()?;
                let Target::Module(from) = self.resolve(id, path, seen)? else { return None };
                self.look_up(from, name, is_last, seen)
            })
        });
        seen.pop();
        found
    }

    /// Reads a file as a module whose children are in a folder.
    fn file(&mut self, tree: &Tree, path: String, folder: &str, parent: Id) -> Result<Id, String> {
        let source = tree.file(&path).ok_or_else(|| format!("{path}: it is gone"))?;
        let tokens = tokens(&source.text).map_err(|error| format!("{path}: {error}"))?;
        self.module(tree, path, folder, parent, &tokens)
    }

    fn module(&mut self, tree: &Tree, file: String, folder: &str, parent: Id, tokens: &[Token]) -> Result<Id, String> {
        let id = self.0.len();
        self.0.push(Module { file: file.clone(), parent, ..Module::default() });
        let mut module = Module { file, parent, ..Module::default() };
        for item in items(tokens) {
            match (item.keyword, item.name()) {
                ("mod", Some(name)) => {
                    let child = self.child(tree, &module.file, &format!("{folder}/{name}"), id, item)?;
                    module.children.insert(name.to_owned(), child);
                }
                ("use", _) => module.import(item.after_keyword, item.is_public()),
                (_, name) => {
                    module.items.extend(name.map(str::to_owned));
                    module.code(item.tokens);
                }
            }
        }
        if let Some(place) = self.0.get_mut(id) {
            *place = module;
        }
        Ok(id)
    }

    /// Reads what `mod name;` or `mod name { … }` in a file declares, whose own children are in a folder.
    fn child(&mut self, tree: &Tree, file: &str, folder: &str, parent: Id, item: Item<'_>) -> Result<Id, String> {
        if let [_, open, inside @ .., _] = item.after_keyword
            && open.is("{")
        {
            return self.module(tree, file.to_owned(), folder, parent, inside);
        }
        let beside = format!("{folder}.rs");
        let path = if tree.file(&beside).is_some() { beside } else { format!("{folder}/mod.rs") };
        self.file(tree, path, folder, parent)
    }
}

impl Module {
    /// Takes up the paths of an item's code, and the imports within.
    fn code(&mut self, tokens: &[Token]) {
        let mut position = 0;
        while let Some(token) = tokens.get(position) {
            let before = position.checked_sub(1).and_then(|before| tokens.get(before));
            let begins = token.is_name() && !before.is_some_and(|before| before.is("::") || before.is("."));
            let rest = tokens.get(position + 1..).unwrap_or_default();
            position += 1;
            if token.is("use") && rest.first().is_some_and(Token::is_name) {
                let end = rest.iter().position(|token| token.is(";")).unwrap_or(rest.len());
                self.import(rest.get(..end).unwrap_or_default(), false);
                position += end;
            } else if begins {
                let mut path = vec![token.text.clone()];
                let mut rest = rest;
                while let [colons, name, after @ ..] = rest
                    && colons.is("::")
                    && name.is_name()
                {
                    path.push(name.text.clone());
                    rest = after;
                }
                self.words.insert(token.text.clone());
                if path.len() > 1 {
                    self.paths.push((path, token.line));
                }
            }
        }
    }

    /// Takes up what stands between `use` and the semicolon.
    fn import(&mut self, tokens: &[Token], is_public: bool) {
        let mut outer: Vec<Vec<String>> = Vec::new();
        let mut start: Vec<String> = Vec::new();
        let mut path: Vec<String> = Vec::new();
        let mut name = None;
        let mut line = 0;
        let mut tokens = tokens.iter().peekable();
        loop {
            let token = tokens.next();
            match token.map(|token| token.text.as_str()) {
                Some("::" | ";") => {}
                Some("{") => outer.push(std::mem::replace(&mut start, std::mem::take(&mut path))),
                Some("as") => name = tokens.next().map(|token| token.text.clone()),
                Some("," | "}") | None => {
                    if let Some(last) = path.last() {
                        let is_self = last == "self" && path.len() > 1;
                        path.truncate(if is_self { path.len() - 1 } else { path.len() });
                        let name = name.take().or_else(|| path.last().cloned()).unwrap_or_default();
                        self.imports.push(Import { name, path: std::mem::take(&mut path), line, is_public });
                    }
                    match token {
                        None => return,
                        Some(token) if token.is("}") => start = outer.pop().unwrap_or_default(),
                        Some(_) => {}
                    }
                }
                Some(segment) => {
                    if path.is_empty() {
                        path.clone_from(&start);
                    }
                    path.push(segment.to_owned());
                    line = token.map_or(line, |token| token.line);
                }
            }
        }
    }
}

/// The words that a name stands behind, and `impl`, which makes none.
const KEYWORDS: &[&str] =
    &["impl", "use", "mod", "struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules"];

/// What may stand between such a word and the name.
const BETWEEN: &[&str] = &["fn", "unsafe", "async", "extern", "mut"];

/// An item of a module.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Its attributes, and before those of the first item the module's.
    pub(super) attributes: &'a [Token],
    /// Its tokens behind the attributes.
    pub(super) tokens: &'a [Token],
    keyword: &'a str,
    after_keyword: &'a [Token],
}

impl<'a> Item<'a> {
    /// The item that tokens begin with.
    fn first_of(tokens: &'a [Token]) -> Self {
        let is_head = |token: &Token| KEYWORDS.iter().chain(&["{", ";"]).any(|word| token.is(word));
        let mut start = 0;
        let mut keyword = "";
        let mut depth = 0_usize;
        for (position, token) in tokens.iter().enumerate() {
            if depth == 0 && is_head(token) {
                if !token.is("{") && !token.is(";") {
                    (start, keyword) = (position + 1, &token.text);
                }
                break;
            }
            depth = deeper(depth, token);
        }
        let after = tokens.get(start..).unwrap_or_default();
        let is_function = after.first().is_some_and(|next| BETWEEN.contains(&next.text.as_str()));
        let is_value = ["use", "type", "static"].contains(&keyword) || (keyword == "const" && !is_function);
        let length = start + end(after, |token| token.is(";") || (token.is("}") && !is_value));
        let tokens = tokens.get(..length).unwrap_or(tokens);
        Self { attributes: &[], tokens, keyword, after_keyword: tokens.get(start..).unwrap_or_default() }
    }

    /// What it defines.
    fn name(&self) -> Option<&str> {
        let is_own = |token: &&Token| token.is_name() && !BETWEEN.contains(&token.text.as_str());
        let named = !["impl", ""].contains(&self.keyword);
        self.after_keyword.iter().find(is_own).filter(|_| named).map(|token| token.text.as_str())
    }

    fn is_public(&self) -> bool {
        self.tokens.first().is_some_and(|first| first.is("pub"))
    }
}

/// The items among the tokens of a module, without those for tests alone.
pub(super) fn items(tokens: &[Token]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let start = rest;
        let mut is_test = false;
        while let [sign, after @ ..] = rest
            && sign.is("#")
        {
            let (attribute, behind) = after.split_at(end(after, Token::closes));
            let mut words = attribute.iter().map(|token| token.text.as_str()).filter(|text| *text != "!");
            is_test |= words.by_ref().take(4).eq(["[", "cfg", "(", "test"]);
            rest = behind;
        }
        let attributes = start.get(..start.len() - rest.len()).unwrap_or_default();
        let item = Item { attributes, ..Item::first_of(rest) };
        rest = rest.get(item.tokens.len()..).unwrap_or_default();
        if !is_test && !item.tokens.is_empty() {
            items.push(item);
        }
    }
    items
}

/// How many tokens there are up to the first that ends, outside of brackets.
fn end(tokens: &[Token], ends: impl Fn(&Token) -> bool) -> usize {
    let mut depth = 0;
    for (position, token) in tokens.iter().enumerate() {
        depth = deeper(depth, token);
        if depth == 0 && ends(token) {
            return position + 1;
        }
    }
    tokens.len()
}

fn deeper(depth: usize, token: &Token) -> usize {
    if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) }
}
