import { code, h, pretty } from "./dom.js"

// What the lists and the details of all objects consist of.

export const time = (seconds) => {
  const date = new Date(seconds * 1000)
  return h("time", { datetime: date.toISOString() }, date.toLocaleTimeString([], { hourCycle: "h23" }))
}

export const badge = (status) => h("span", { class: "badge", "data-status": status }, status.replaceAll("_", " "))

export const link = (id, ...text) =>
  h("a", { href: `#${id}`, "data-key": id, "aria-current": location.hash === `#${id}` ? "page" : undefined }, text)

export const facts = (pairs) =>
  h(
    "dl",
    {},
    pairs.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "").map((
      [name, value]
    ) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))
  )

export const raw = (name, value) =>
  h("details", { "data-key": `raw-${name}` }, h("summary", {}, "JSON"), code(pretty(value)))

export const empty = (text) => h("p", { class: "empty" }, text)

export const listOf = (title, objects, item, none) => [
  h("h2", {}, title, " ", h("span", { class: "count" }, String(objects.length))),
  objects.length === 0 ? empty(none) : h("ul", {}, objects.map((one) => h("li", {}, item(one))))
]

export const size = (bytes) =>
  bytes < 1024 ? `${bytes} B` : bytes < 1048576 ?
    `${(bytes / 1024).toFixed(1)} KB`
    : `${(bytes / 1048576).toFixed(1)} MB`
