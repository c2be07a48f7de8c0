// Starts the page. The file names carry a hash, so the build writes them on the script element.
const names = document.querySelector("script[data-wasm]").dataset;
const { default: init } = await import(new URL(names.js, document.baseURI).href);
await init({ module_or_path: new URL(names.wasm, document.baseURI).href });
