// Makes build/page.css, the page's one style sheet: PatternFly's sheets and ours, without the rules and variables that
// nothing on the page uses. Trunk runs it before each build (Trunk.toml).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";

const web = fileURLToPath(new URL("../", import.meta.url));
const patternfly = ["patternfly-base", ...["Alert/alert", "Button/button", "EmptyState/empty-state", "Switch/switch", "Title/title"].map((name) => `components/${name}`)];
const ours = ["tokens", "shell", "content", "plan", "pages"];
const sheets = [
  ...patternfly.map((name) => `${web}node_modules/@patternfly/patternfly/${name}.css`),
  ...ours.map((name) => `${web}style/${name}.css`),
];

const whole = sheets.map((file) => readFileSync(file, "utf8")).join("\n");
const [page] = await new PurgeCSS().purge({
  // A class is kept when its name stands as a word in one of these.
  content: [`${web}src/**/*.rs`, `${web}boot/*.js`, `${web}../index.html`],
  css: [{ raw: whole }],
  variables: true,
  keyframes: true,
  fontFace: true,
  // Put together in the code: the kind of a button, a state, what is blocked, a kind of edge, a phase.
  safelist: [/^(pf-m|is|bar|edge|node|phase)-/],
});

const names = (css, pattern) => new Set([...css.matchAll(pattern)].map((found) => found[1]));
const [defined, kept] = [whole, page.css].map((css) => names(css, /(--[\w-]+)\s*:/g));
const lost = [...names(page.css, /var\(\s*(--[\w-]+)/g)].filter((name) => defined.has(name) && !kept.has(name));
if (lost.length > 0) {
  throw new Error(`variables that are used were taken out: ${lost.join(", ")}`);
}
// Our own sheets have nothing that no page uses; what seems so is a class that the code puts together.
const own = ours.map((name) => readFileSync(`${web}style/${name}.css`, "utf8")).join("\n").replace(/\/\*.*?\*\/|"[^"]*"/gs, "");
const classes = [own, page.css].map((css) => names(css, /\.([a-z][\w-]*)(?=[^{}]*\{)/g));
const missing = [...classes[0]].filter((name) => !classes[1].has(name));
if (missing.length > 0) {
  throw new Error(`classes of web/style were taken out: ${missing.join(", ")}`);
}
mkdirSync(`${web}build`, { recursive: true });
writeFileSync(`${web}build/page.css`, page.css);
