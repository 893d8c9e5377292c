//! The `insert` command that names the UUID of its collection. The driver's own does not, and where the collection is
//! gone, the server then makes a new one that has neither validator nor index.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Binary, Document, RawArrayBuf, RawDocumentBuf, deserialize_from_document, doc, rawdoc};
use mongodb::error::{Error, ErrorKind, InsertManyError, Result};

/// How many bytes of documents go into one command, which holds 16 MiB; a greater document goes alone.
const BATCH: usize = 12 * 1024 * 1024;

/// Some of the documents that are inserted.
#[derive(Default)]
pub(crate) struct Batch {
    documents: RawArrayBuf,
    /// How many come before it.
    earlier: usize,
}

/// The documents in as many commands as they need, one after the other. Each has its `_id`, so that a command that is
/// sent again inserts nothing twice.
pub(crate) fn batches(documents: &[Document]) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Batch::default(), 0);
    for (earlier, document) in documents.iter().enumerate() {
        let mut identified = doc! {"_id": ObjectId::new()};
        identified.extend(document.clone());
        let encoded = RawDocumentBuf::try_from(&identified)?;
        let size = encoded.as_bytes().len();
        if bytes > 0 && bytes + size > BATCH {
            batches.push(std::mem::replace(&mut batch, Batch { earlier, ..Batch::default() }));
            bytes = 0;
        }
        bytes += size;
        batch.documents.push(encoded);
    }
    batches.push(batch);
    Ok(batches)
}

impl Batch {
    /// The command; the server refuses it if the collection of this name has another UUID.
    pub(crate) fn command(&self, table: &str, collection: &Binary) -> RawDocumentBuf {
        let mut command = rawdoc! {"insert": table};
        command.append(cstr!("documents"), self.documents.clone());
        command.append(cstr!("collectionUUID"), collection.clone());
        command
    }

    /// What the answer says was refused, as the driver says it of its own inserts.
    pub(crate) fn outcome(&self, answer: Document) -> Result<()> {
        let mut refused: InsertManyError = deserialize_from_document(answer)?;
        if refused.write_errors.is_none() && refused.write_concern_error.is_none() {
            return Ok(());
        }
        for error in refused.write_errors.iter_mut().flatten() {
            error.index += self.earlier;
        }
        Err(Error::from(ErrorKind::InsertMany(refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_greater_than_the_server_takes() {
        let document = doc! {"text": "x".repeat(5 * 1024 * 1024)};
        let batches = batches(&vec![document; 5]).unwrap();
        assert_eq!(batches.iter().map(|batch| batch.earlier).collect::<Vec<_>>(), [0, 2, 4]);
        assert!(batches.iter().all(|batch| batch.documents.as_bytes().len() < 16 * 1024 * 1024));
    }

    #[test]
    fn a_refused_document_is_named_by_its_place_among_all() {
        let batch = Batch { earlier: 2, ..Batch::default() };
        let answer = doc! {"ok": 1, "n": 1, "writeErrors": [{"index": 1, "code": 11_000, "errmsg": "E11000"}]};
        let error = batch.outcome(answer).unwrap_err();
        let ErrorKind::InsertMany(refused) = &*error.kind else { panic!("{error:?}") };
        assert_eq!(refused.write_errors.as_ref().unwrap()[0].index, 3);
        assert!(batch.outcome(doc! {"ok": 1, "n": 1}).is_ok());
    }
}
