//! The code that an entity's declaration stands for.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::declaration::{Declaration, Field, Index, Reference};

pub(crate) fn expand(declaration: &Declaration) -> TokenStream {
    let constants = constants(declaration);
    let entity = entity(declaration);
    quote! {
        #constants
        #entity
    }
}

/// The type that the column holds: the field's own, or the JSON around it.
fn column_type(field: &Field) -> TokenStream {
    let ty = &field.ty;
    if field.json { quote!(::authsome_core::value::Json<#ty>) } else { quote!(#ty) }
}

fn constant(field: &Ident) -> Ident {
    format_ident!("{}", field.to_string().to_uppercase(), span = field.span())
}

fn constants(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let constants = declaration.columns().map(|field| {
        let Field { ident, visibility, .. } = field;
        let constant = constant(ident);
        let ty = column_type(field);
        let column = &field.column;
        let doc = format!("The column `{column}`.");
        quote! {
            #[doc = #doc]
            #visibility const #constant: ::authsome_core::entity::Column<Self, #ty> =
                ::authsome_core::entity::Column::new(#column);
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, reason = "an entity need not use every column by its name")]
        impl #name {
            #(#constants)*
        }
    }
}

fn entity(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let id = &declaration.id.ident;
    let id_type = &declaration.id.ty;
    let id_constant = constant(id);
    let table = table(declaration);
    let scope_type = &declaration.scope;
    let scope_key = declaration.scope_field.as_ref().map_or_else(|| quote!(()), |field| quote!(&self.#field));
    let scope_read = scope_read(declaration);
    let values = declaration.columns().map(|Field { ident, json, .. }| {
        if *json {
            quote!(::authsome_core::value::Value::Json(::authsome_core::value::__json(&self.#ident)))
        } else {
            quote!(::authsome_core::value::ColumnValue::to_value(&self.#ident))
        }
    });
    let reads = declaration.columns().map(|field| {
        let ident = &field.ident;
        let ty = column_type(field);
        if field.json { quote!(#ident: reader.read::<#ty>()?.0) } else { quote!(#ident: reader.read::<#ty>()?) }
    });
    quote! {
        #[automatically_derived]
        #[allow(clippy::unused_unit, reason = "the key of a global entity")]
        impl ::authsome_core::entity::Entity for #name {
            type Scope = ::authsome_core::scope::#scope_type;
            type Id = #id_type;

            const ID_COLUMN: ::authsome_core::entity::Column<Self, Self::Id> = Self::#id_constant;

            fn table() -> &'static ::authsome_core::schema::TableDef {
                static TABLE: ::std::sync::LazyLock<::authsome_core::schema::TableDef> =
                    ::std::sync::LazyLock::new(|| #table);
                &TABLE
            }

            fn entity_id(&self) -> Self::Id {
                ::core::clone::Clone::clone(&self.#id)
            }

            fn scope_key(&self) -> <Self::Scope as ::authsome_core::scope::ScopeKind>::Key<'_> {
                #scope_key
            }

            fn to_row(&self) -> ::authsome_core::records::Row {
                ::authsome_core::entity::row_of::<Self>(self.scope_key(), [#(#values,)*])
            }

            fn from_row(
                row: ::authsome_core::records::Row,
            ) -> ::core::result::Result<Self, ::authsome_core::error::StoreError> {
                let mut reader = ::authsome_core::entity::RowReader::new(Self::table(), row);
                ::core::result::Result::Ok(Self { #scope_read #(#reads,)* })
            }
        }
    }
}

/// The field of the scope, read back from the first columns of a row.
fn scope_read(declaration: &Declaration) -> Option<TokenStream> {
    let field = declaration.scope_field.as_ref()?;
    let scope = if declaration.scope == "PerEnvironment" {
        quote!(::authsome_core::scope::Scope { app_id: reader.read()?, env_id: reader.read()? })
    } else {
        quote!(reader.read()?)
    };
    Some(quote!(#field: #scope,))
}

fn table(declaration: &Declaration) -> TokenStream {
    let name = &declaration.table;
    let level = level(declaration);
    let id = column(&declaration.id);
    let columns = declaration.fields.iter().map(column);
    let indexes = declaration.indexes.iter().map(|index| index_definition(index, declaration));
    let references = declaration.references.iter().map(|each| reference(each, declaration));
    quote! {
        ::authsome_core::schema::TableDef::new(#name, #level, #id)
            #(.column(#columns))*
            #(.index(#indexes))*
            #(#references)*
    }
}

fn level(declaration: &Declaration) -> TokenStream {
    let scope = &declaration.scope;
    quote!(<::authsome_core::scope::#scope as ::authsome_core::scope::ScopeKind>::LEVEL)
}

fn column(field: &Field) -> TokenStream {
    let name = &field.column;
    let ty = column_type(field);
    let max_len = field
        .max_len
        .as_ref()
        .map_or_else(|| quote!(::core::option::Option::None), |max_len| quote!(::core::option::Option::Some(#max_len)));
    quote!(::authsome_core::entity::column_of::<#ty>(#name, #max_len))
}

fn index_definition(index: &Index, declaration: &Declaration) -> TokenStream {
    let name = &index.name;
    let columns = index.columns.iter().map(Ident::to_string);
    let level = level(declaration);
    let within = (!index.global).then(|| quote!(.within(#level)));
    let kind = if index.unique { quote!(unique) } else { quote!(plain) };
    let condition = index.only_where_null.as_ref().map(|column| {
        let column = column.to_string();
        quote!(.only_where_null(#column))
    });
    quote!(::authsome_core::schema::IndexDef::#kind(#name, &[#(#columns),*]) #within #condition)
}

fn reference(reference: &Reference, declaration: &Declaration) -> TokenStream {
    let Reference { column, to, on_delete } = reference;
    let column = column.to_string();
    let own = &declaration.name;
    let is_own = matches!(to, syn::Type::Path(path) if path.path.is_ident("Self") || path.path.is_ident(own));
    // An entity's own table is still being made here, so it cannot be asked.
    let parent = if is_own {
        let (name, level, id) = (&declaration.table, level(declaration), &declaration.id.column);
        quote!(#name, #level, #id)
    } else {
        let table = quote!(<#to as ::authsome_core::entity::Entity>::table());
        quote!(&#table.name, #table.scope, &#table.id)
    };
    quote! {
        .reference(#column, #parent, ::authsome_core::schema::OnDelete::#on_delete)
    }
}
