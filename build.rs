//! Has cargo look at the page again when it was built since: what is embedded is listed at compile
//! time. The folder must be there to be watched; empty, the binary says how to build the page.

fn main() {
    let page = std::path::Path::new("ui/dist");
    if let Err(e) = std::fs::create_dir_all(page) {
        println!("cargo:warning={} cannot be made ({e}): the page is not watched", page.display());
    }
    println!("cargo:rerun-if-changed=ui/dist");
}
