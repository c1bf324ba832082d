/** The style of the page: one column, in light and dark. */
export const style = `
:root {
  color-scheme: light dark;
  --bg: #f7f7f5; --surface: #ffffff; --sunk: #f4f5f6; --ink: #1b1e23; --muted: #59606b; --line: #e1e3e7;
  --accent: #1d5bbf; --good: #17663a; --good-bg: #e3f3e8; --bad: #b3261e; --bad-bg: #fce9e7; --warn: #7d4c00;
  --warn-bg: #fdf0d5; --skip: #59606b; --skip-bg: #eceef1; --key: #1d5bbf; --string: #17663a; --number: #7d4c00;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #101317; --surface: #171b21; --sunk: #1e232a; --ink: #e7e9ec; --muted: #a3abb7; --line: #2c323b;
    --accent: #8fb7ff; --good: #84d6a0; --good-bg: #153021; --bad: #ffa198; --bad-bg: #3b1916; --warn: #f3c46b;
    --warn-bg: #33270f; --skip: #a3abb7; --skip-bg: #252b33; --key: #8fb7ff; --string: #84d6a0; --number: #f3c46b;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-underline-offset: 0.15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
[hidden] { display: none !important; }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip-link { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--surface); z-index: 3; }
.skip-link:focus { top: 0.5rem; }
.wide { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header.top { padding: 2.75rem 0 1.5rem; }
.kicker { margin: 0; color: var(--muted); font-size: 0.85rem; letter-spacing: 0.04em; }
h1 { margin: 0.1rem 0 0.9rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.25rem; font-size: 1.25rem; letter-spacing: -0.01em; }
h2 .count { color: var(--muted); font-weight: 400; }
h3 { margin: 0; font-size: 1rem; }
h3 a, .title { display: inline-block; } h3 a::first-letter, .title::first-letter { text-transform: uppercase; }
.lead { margin: 0 0 1rem; color: var(--muted); max-width: 60rem; }
.verdict { display: inline-flex; gap: 0.6rem; align-items: baseline; margin: 0 0 1.5rem; padding: 0.45rem 0.9rem; border-radius: 0.6rem;
  font-size: 1.05rem; font-weight: 600; }
.verdict.good { color: var(--good); background: var(--good-bg); }
.verdict.bad { color: var(--bad); background: var(--bad-bg); }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.75rem; margin: 0; }
.totals > div { padding: 0.8rem 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem; }
.totals dt { color: var(--muted); font-size: 0.85rem; }
.totals dd { margin: 0; font-size: 1.45rem; font-weight: 600; letter-spacing: -0.01em; }
.totals .good { color: var(--good); } .totals .bad { color: var(--bad); } .totals .warn { color: var(--warn); }
.bar { display: flex; gap: 2px; height: 0.5rem; margin: 1.25rem 0 0; border-radius: 0.25rem; overflow: hidden; }
.bar span { min-width: 3px; }
.bar .good { background: var(--good); } .bar .bad { background: var(--bad); } .bar .skip { background: var(--skip); opacity: 0.45; }
.tools { position: sticky; top: 0; z-index: 2; background: var(--bg); border-block: 1px solid var(--line); }
.tools .wide { display: flex; flex-wrap: wrap; gap: 0.35rem 1.25rem; align-items: center; padding-block: 0.6rem; }
.tools nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin: 0; padding: 0; list-style: none; }
.tools nav a { color: var(--ink); text-decoration: none; } .tools nav a:hover { text-decoration: underline; }
.tools nav .count { color: var(--muted); }
.filter { display: none; flex: 1 1 22rem; gap: 0.75rem; align-items: center; justify-content: flex-end; }
.js .filter { display: flex; }
.filter input[type="search"] { flex: 0 1 20rem; min-width: 9rem; padding: 0.35rem 0.7rem; font: inherit; color: inherit; background: var(--surface);
  border: 1px solid var(--muted); border-radius: 0.5rem; }
.filter input::placeholder { color: var(--muted); opacity: 1; }
.filter label { display: inline-flex; gap: 0.3rem; align-items: center; white-space: nowrap; }
.filter output { color: var(--muted); white-space: nowrap; min-width: 5.5rem; text-align: right; }
main > section { padding-block: 2rem 0.5rem; }
table { width: 100%; border-collapse: collapse; }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; overflow-x: auto; }
th, td { padding: 0.4rem 0.8rem; text-align: left; vertical-align: baseline; }
thead th { color: var(--muted); font-size: 0.85rem; font-weight: 500; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr + tr:not(.resource + tr) > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 500; }
tbody tr.resource th { padding-top: 0.8rem; padding-bottom: 0.15rem; border-top: 0; color: var(--muted); font-size: 0.85rem; background: none; }
tbody + tbody > tr:first-child > * { border-top: 1px solid var(--line); }
td.number, th.number { text-align: right; white-space: nowrap; }
.deviations tr.resource th { color: var(--ink); font-size: 0.95rem; }
.matrix td { white-space: nowrap; } .matrix td.none { color: var(--muted); }
.matrix { min-width: 60rem; } .matrix th, .matrix td { padding-block: 0.28rem; }
.matrix thead th { padding-block: 0.5rem; } .matrix thead th:not(:first-child) { width: 8.6%; }
.matrix th .route { display: inline-block; margin-left: 0.7rem; white-space: nowrap; color: var(--muted); font: 400 0.78rem/1.4 var(--mono); }
.cell { display: inline-flex; gap: 0.55rem; padding: 0.05rem 0.5rem; border-radius: 0.4rem; text-decoration: none; }
.cell:hover { text-decoration: underline; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .skip { color: var(--skip); }
.cell.good { background: var(--good-bg); } .cell.bad { background: var(--bad-bg); font-weight: 600; }
.cell.skip { background: var(--skip-bg); } .cell.warn { background: var(--warn-bg); }
code, pre, .mono { font-family: var(--mono); font-size: 0.85em; }
code { overflow-wrap: anywhere; }
.failure { margin: 0 0 1rem; padding: 1.1rem 1.25rem; background: var(--surface); border: 1px solid var(--line);
  border-left: 0.3rem solid var(--bad); border-radius: 0.75rem; }
.failure header { display: flex; flex-wrap: wrap; gap: 0.15rem 0.8rem; align-items: baseline; }
.failure header .about { color: var(--muted); font-size: 0.85rem; }
.failure h3 a { color: inherit; text-decoration: none; } .failure h3 a:hover { text-decoration: underline; }
.said { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.7rem 0 0.9rem; }
.said dt { color: var(--muted); } .said dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.said dd.came { color: var(--bad); }
.also > summary { padding: 0.3rem 0; cursor: pointer; }
.exchanges { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.exchanges > li { border-bottom: 1px solid var(--line); }
.exchanges > li:last-child { border-bottom: 0; }
.exchanges summary { display: flex; flex-wrap: wrap; gap: 0.2rem 0.7rem; align-items: baseline; padding: 0.5rem 0.2rem; cursor: pointer; list-style: none; }
.exchanges summary::-webkit-details-marker { display: none; }
.exchanges summary::before { content: "▸"; color: var(--muted); width: 0.8rem; }
.exchanges details[open] > summary::before { content: "▾"; }
.exchanges summary .warn { font-size: 0.85rem; }
.exchanges summary:hover .mono { text-decoration: underline; }
.status { padding: 0 0.45rem; border-radius: 0.35rem; font: 600 0.82rem/1.5 var(--mono); }
.status.good { background: var(--good-bg); } .status.bad { background: var(--bad-bg); } .status.skip { background: var(--skip-bg); }
.messages { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 0.9rem; padding: 0.2rem 0 0.9rem 1.5rem; }
.messages h4 { margin-bottom: 0.3rem; margin-top: 0; color: var(--muted); font-size: 0.85rem; font-weight: 500; }
pre { margin: 0 0 0.5rem; padding: 0.7rem 0.9rem; max-height: 26rem; overflow: auto; background: var(--sunk); border-radius: 0.5rem;
  line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; }
pre .key { color: var(--key); } pre .string { color: var(--string); } pre .number { color: var(--number); }
.messages pre + h4, .messages .note + h4 { margin-top: 0.9rem; }
.messages details summary { display: list-item; list-style: revert; padding: 0 0 0.3rem; color: var(--muted); font-size: 0.85rem; }
.messages details summary::before { content: none; }
.command { position: relative; }
.command button { position: absolute; top: 0.45rem; right: 0.45rem; display: none; padding: 0.15rem 0.6rem; font: inherit; font-size: 0.82rem; color: var(--ink);
  background: var(--surface); border: 1px solid var(--muted); border-radius: 0.4rem; cursor: pointer; }
.js .command button { display: block; }
.command pre { padding-right: 5rem; }
.note { margin: 0 0 0.5rem; color: var(--muted); font-size: 0.85rem; }
.findings { margin: 0 0 0.5rem; padding: 0.5rem 0.9rem; list-style: none; color: var(--warn); background: var(--warn-bg); border-radius: 0.5rem; }
.reasons { margin: 0; padding: 0; list-style: none; }
.reasons > li + li { border-top: 1px solid var(--line); }
.reasons summary { padding: 0.5rem 1rem; cursor: pointer; }
.reasons ul { margin: 0 0 0.7rem; padding: 0 1rem 0 2.4rem; color: var(--muted); }
.empty { padding: 1rem; color: var(--muted); }
footer { padding: 2rem 0 3rem; color: var(--muted); font-size: 0.85rem; }
@media (max-width: 40rem) {
  .wide { padding: 0 1rem; } .tools { position: static; } .filter { flex-wrap: wrap; justify-content: flex-start; }
  .messages { padding-left: 0; } .said { grid-template-columns: 1fr; } .said dd { margin-bottom: 0.4rem; }
}
@media print { .tools, .command button { display: none !important; } pre { max-height: none; } }
`

/** The script of the page: filters, and buttons that copy commands. */
export const script = `
document.documentElement.classList.add("js")
const search = document.querySelector("#search")
const boxes = [...document.querySelectorAll(".filter input[type=checkbox]")]
const items = [...document.querySelectorAll("[data-text]")]
const filter = () => {
  const terms = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
  const statuses = boxes.filter((box) => box.checked).map((box) => box.value)
  let shown = 0
  for (const item of items) {
    const { status, text, tags } = item.dataset
    const found = terms.every((term) => /^(?:op|group):/.test(term) ? (" " + tags + " ").includes(" " + term + " ") : text.includes(term))
    item.hidden = !found || (status !== undefined && !statuses.includes(status))
    if (!item.hidden && item.matches("#scenarios [data-text]")) shown++
  }
  for (const group of document.querySelectorAll("[data-group]")) {
    group.hidden = group.querySelector("[data-text]:not([hidden])") === null
    const link = group.id && document.querySelector("nav a[href='#" + group.id + "']")
    if (link) link.parentElement.hidden = group.hidden
  }
  for (const empty of document.querySelectorAll(".empty")) empty.hidden = empty.parentElement.querySelector("[data-text]:not([hidden])") !== null
  document.querySelector(".filter output").value = shown + " shown"
}
search.addEventListener("input", filter)
for (const box of boxes) box.addEventListener("change", filter)
document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault())
document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-filter]")
  if (cell) {
    search.value = cell.dataset.filter
    for (const box of boxes) box.checked = true
    filter()
  }
  const button = event.target.closest(".command button")
  if (button) {
    const pre = button.parentElement.querySelector("pre")
    const done = () => {
      button.textContent = "Copied"
      setTimeout(() => { button.textContent = "Copy" }, 1500)
    }
    getSelection().selectAllChildren(pre)
    if (navigator.clipboard) navigator.clipboard.writeText(pre.textContent).then(done, () => {})
  }
})
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && event.target !== search) {
    event.preventDefault()
    search.focus()
  }
  if (event.key === "Escape" && event.target === search) {
    search.value = ""
    filter()
  }
})
filter()
`
