//! The declaration of an entity, read from its attributes and fields.

use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitInt, LitStr, Result, Token, Type, Visibility, parenthesized};

/// A whole entity.
pub(crate) struct Declaration {
    pub(crate) name: Ident,
    pub(crate) table: LitStr,
    /// The type of its kind of scope.
    pub(crate) scope: Ident,
    pub(crate) id: Field,
    pub(crate) scope_field: Option<Ident>,
    pub(crate) fields: Vec<Field>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) references: Vec<Reference>,
}

/// A field that is a column.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) ty: Type,
    pub(crate) column: String,
    pub(crate) json: bool,
    pub(crate) max_len: Option<LitInt>,
}

/// An `#[index(…)]`.
pub(crate) struct Index {
    pub(crate) name: LitStr,
    pub(crate) columns: Vec<Ident>,
    pub(crate) unique: bool,
    pub(crate) global: bool,
    pub(crate) only_where_null: Option<Ident>,
}

/// A `#[reference(…)]`.
pub(crate) struct Reference {
    pub(crate) column: Ident,
    pub(crate) to: Type,
    pub(crate) on_delete: Ident,
}

impl Declaration {
    pub(crate) fn parse(input: DeriveInput) -> Result<Self> {
        let span = input.ident.span();
        let Data::Struct(data) = input.data else {
            return Err(Error::new(span, "an entity is a struct"));
        };
        let Fields::Named(named) = data.fields else {
            return Err(Error::new(span, "an entity has named fields"));
        };
        let mut table = None;
        let mut scope = None;
        let mut indexes = Vec::new();
        let mut references = Vec::new();
        for attribute in &input.attrs {
            if attribute.path().is_ident("entity") {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("table") {
                        table = Some(meta.value()?.parse::<LitStr>()?);
                    } else if meta.path.is_ident("scope") {
                        scope = Some(meta.value()?.call(scope_kind)?);
                    } else {
                        return Err(meta.error("expected `table` or `scope`"));
                    }
                    Ok(())
                })?;
            } else if attribute.path().is_ident("index") {
                indexes.push(Index::parse(attribute)?);
            } else if attribute.path().is_ident("reference") {
                references.push(Reference::parse(attribute)?);
            }
        }
        let table = table.ok_or_else(|| Error::new(span, "an entity names its table: #[entity(table = \"…\")]"))?;
        let scope = scope.ok_or_else(|| {
            Error::new(span, "an entity names its scope: #[entity(scope = PerEnvironment | PerApp | Global)]")
        })?;
        let mut id = None;
        let mut scope_field = None;
        let mut fields = Vec::new();
        for field in named.named {
            match Field::parse(field)? {
                (Role::Id, field) => id = Some(field),
                (Role::Scope, field) => scope_field = Some(field.ident),
                (Role::Column, field) => fields.push(field),
            }
        }
        let id = id.ok_or_else(|| Error::new(span, "an entity marks its id: #[entity(id)]"))?;
        match (scope == "Global", &scope_field) {
            (true, Some(field)) => return Err(Error::new(field.span(), "a global entity has no scope")),
            (false, None) => return Err(Error::new(span, "a scoped entity marks its scope: #[entity(scope)]")),
            _ => {}
        }
        Ok(Self { name: input.ident, table, scope, id, scope_field, fields, indexes, references })
    }

    /// The columns with constants: the id, then the others.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field> {
        std::iter::once(&self.id).chain(&self.fields)
    }
}

fn scope_kind(input: ParseStream<'_>) -> Result<Ident> {
    let kind: Ident = input.parse()?;
    let known = ["PerEnvironment", "PerApp", "Global"].iter().any(|known| kind == known);
    if known { Ok(kind) } else { Err(Error::new(kind.span(), "expected PerEnvironment, PerApp or Global")) }
}

enum Role {
    Id,
    Scope,
    Column,
}

impl Field {
    fn parse(field: syn::Field) -> Result<(Role, Self)> {
        let span = field.span();
        let ident = field.ident.ok_or_else(|| Error::new(span, "an entity has named fields"))?;
        let mut role = Role::Column;
        let mut json = false;
        let mut max_len = None;
        let mut column = ident.to_string();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("entity")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("id") {
                    role = Role::Id;
                } else if meta.path.is_ident("scope") {
                    role = Role::Scope;
                } else if meta.path.is_ident("json") {
                    json = true;
                } else if meta.path.is_ident("name") {
                    column = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("max_len") {
                    max_len = Some(meta.value()?.parse::<LitInt>()?);
                } else {
                    return Err(meta.error("expected `id`, `scope`, `name`, `json` or `max_len`"));
                }
                Ok(())
            })?;
        }
        Ok((role, Self { ident, visibility: field.vis, ty: field.ty, column, json, max_len }))
    }
}

impl Index {
    fn parse(attribute: &syn::Attribute) -> Result<Self> {
        let (mut name, mut columns, mut only_where_null) = (None, Vec::new(), None);
        let (mut unique, mut global) = (false, false);
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse::<LitStr>()?);
            } else if meta.path.is_ident("columns") {
                columns = idents(&meta)?;
            } else if meta.path.is_ident("unique") {
                unique = true;
            } else if meta.path.is_ident("global") {
                global = true;
            } else if meta.path.is_ident("only_where_null") {
                only_where_null = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("expected `name`, `columns`, `unique`, `global` or `only_where_null`"));
            }
            Ok(())
        })?;
        let name = name.ok_or_else(|| Error::new(attribute.span(), "an index has a name"))?;
        Ok(Self { name, columns, unique, global, only_where_null })
    }
}

fn idents(meta: &ParseNestedMeta<'_>) -> Result<Vec<Ident>> {
    let content;
    parenthesized!(content in meta.input);
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

impl Reference {
    fn parse(attribute: &syn::Attribute) -> Result<Self> {
        let mut column = None;
        let mut to = None;
        let mut on_delete = None;
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("to") {
                to = Some(meta.value()?.parse::<Type>()?);
            } else if meta.path.is_ident("on_delete") {
                on_delete = Some(meta.value()?.parse::<Ident>()?);
            } else {
                column = Some(meta.path.require_ident()?.clone());
            }
            Ok(())
        })?;
        let missing = |what| Error::new(attribute.span(), what);
        Ok(Self {
            column: column.ok_or_else(|| missing("a reference names its column first"))?,
            to: to.ok_or_else(|| missing("a reference names the entity it points to: to = User"))?,
            on_delete: on_delete.ok_or_else(|| missing("a reference says on_delete = Cascade or Restrict"))?,
        })
    }
}
