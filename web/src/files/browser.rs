//! Reading what the reader dropped or picked.

use gloo::timers::callback::Timeout;
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry, HtmlAnchorElement, Url,
};

use super::{Collection, MAX_TOTAL, is_archive, is_patch, is_plan, stream, wanted, zip};
use crate::locale::say;

/// A file with the path the browser gives it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Path from the dropped folder, that folder included.
    pub path: String,
    file: File,
}

/// The files of an input element.
#[must_use]
pub fn picked(list: &FileList) -> Vec<Found> {
    let files = (0..list.length()).filter_map(|at| list.get(at));
    files.map(|file| Found { path: relative_path(&file), file }).collect()
}

/// `webkitRelativePath` where a folder was picked, else the name.
fn relative_path(file: &File) -> String {
    let path = js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

/// The entries of a drop. They must be taken while the event is handled; walking them comes later.
#[must_use]
pub fn dropped(transfer: &DataTransfer) -> Vec<FileSystemEntry> {
    let items = transfer.items();
    (0..items.length()).filter_map(|at| items.get(at)?.webkit_get_as_entry().ok().flatten()).collect()
}

/// All wanted files below the entries.
pub async fn walk(entries: Vec<FileSystemEntry>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut open = entries;
    while let Some(entry) = open.pop() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        if let Some(folder) = entry.dyn_ref::<FileSystemDirectoryEntry>() {
            open.extend(children(&folder.create_reader()).await);
        } else if let Some(file) = entry.dyn_ref::<FileSystemFileEntry>()
            && (wanted(&path) || is_archive(&path) || is_patch(&path) || is_plan(&path))
            && let Some(file) = one::<File>(|resolve, reject| file.file_with_callback_and_callback(resolve, reject)).await
        {
            found.push(Found { path, file });
        }
    }
    found
}

/// A folder hands out its entries in portions; an empty one is the end.
async fn children(reader: &FileSystemDirectoryReader) -> Vec<FileSystemEntry> {
    let mut all = Vec::new();
    loop {
        let portion = one::<Array>(|resolve, reject| {
            reader.read_entries_with_callback_and_callback(resolve, reject).unwrap_or_default();
        });
        match portion.await {
            Some(portion) if portion.length() > 0 => all.extend(portion.iter().filter_map(|entry| entry.dyn_into().ok())),
            _ => return all,
        }
    }
}

/// Awaits an interface of two callbacks; none when it fails.
async fn one<T: JsCast>(mut start: impl FnMut(&Function, &Function)) -> Option<T> {
    let promise = Promise::new(&mut |resolve, reject| start(&resolve, &reject));
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// The text of a plan file, where one was given and nothing else.
pub async fn plan(found: &[Found]) -> Option<(String, Result<String, String>)> {
    let [Found { path, file }] = found else { return None };
    if !is_plan(path) {
        return None;
    }
    let text = async {
        if size(file) > MAX_TOTAL {
            return Err(say::larger_than(&crate::words::bytes(MAX_TOTAL)));
        }
        let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| words(&error))?;
        String::from_utf8(Uint8Array::new(&buffer).to_vec()).map_err(|_| say::no_utf8().to_owned())
    };
    Some((path.clone(), text.await))
}

/// Reads the wanted files within the bounds, those in archives too.
pub async fn read(found: Vec<Found>) -> Collection {
    let mut collection = Collection::default();
    for Found { path, file } in found {
        if is_archive(&path) {
            if let Err(why) = unpack(&file, &mut collection).await {
                collection.skip(format!("{path}: {why}"));
            }
            continue;
        }
        if !(wanted(&path) || is_patch(&path)) || !collection.admits(&path, size(&file)) {
            continue;
        }
        match JsFuture::from(file.array_buffer()).await {
            Ok(buffer) if is_patch(&path) => collection.add_patch(&path, &Uint8Array::new(&buffer).to_vec()),
            Ok(buffer) => collection.add(&path, Uint8Array::new(&buffer).to_vec()),
            Err(error) => collection.skip(format!("{path}: {}", words(&error))),
        }
    }
    collection
}

/// The wanted files of an archive.
async fn unpack(file: &File, collection: &mut Collection) -> Result<(), String> {
    if size(file) > zip::MAX_ARCHIVE {
        return Err(say::archive_large(&crate::words::bytes(zip::MAX_ARCHIVE)));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| words(&error))?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    let (entries, left_out) = zip::entries(&bytes)?;
    left_out.into_iter().for_each(|reason| collection.skip(reason));
    for entry in entries {
        if !wanted(&entry.path) || !collection.admits(&entry.path, entry.size) {
            continue;
        }
        let packed = bytes.get(entry.packed).unwrap_or_default();
        let content =
            if entry.deflated { stream::inflate(packed, "deflate-raw", entry.size).await } else { Some(packed.to_vec()) };
        match content.filter(|content| content.len() as u64 == entry.size) {
            Some(content) => collection.add(&entry.path, content),
            None => collection.skip([&entry.path, ": ", say::not_as_archived()].concat()),
        }
    }
    Ok(())
}

/// Offers a file to the reader's disk, under the last part of its path.
pub fn save(path: &str, content: &[u8]) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parts = Array::of1(&Uint8Array::from(content));
    let Ok(address) = Blob::new_with_u8_array_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob)) else {
        return;
    };
    let link = gloo::utils::document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    // By then the browser has read it.
    Timeout::new(10_000, move || drop(Url::revoke_object_url(&address))).forget();
}

/// A size is a whole number below 2^53.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn size(file: &File) -> u64 {
    file.size() as u64
}

fn words(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| say::unreadable().to_owned(), |error| String::from(error.message()))
}
