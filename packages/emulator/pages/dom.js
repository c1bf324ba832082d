/** Only this module creates elements. Their content is always text: nothing that came from outside is ever markup. */

/** An element with attributes (functions listen to events) and children; what is null, undefined or false is left out. */
export const h = (name, attributes = {}, ...children) => {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === "function") element.addEventListener(key, value)
    else element.setAttribute(key, value === true ? "" : String(value))
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

/** The same for an element of SVG. */
export const svg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  element.append(...children.flat(Infinity))
  return element
}

/** Replaces what an element holds, and keeps the focus on what has the same `data-key`. */
export const fill = (parent, ...children) => {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined
  const opened = new Set(Array.from(parent.querySelectorAll("details[open][data-key]"), (one) => one.dataset.key))
  parent.replaceChildren(...children.flat(Infinity))
  for (const details of parent.querySelectorAll("details[data-key]")) {
    if (opened.has(details.dataset.key)) details.open = true
  }
  if (focused !== undefined) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus()
}

export const code = (text) => h("pre", { tabindex: 0 }, h("code", {}, text))

/** JSON that a person can read. Text that is not JSON stays as it is. */
export const pretty = (value) => {
  if (typeof value !== "string") return JSON.stringify(value, null, 2)
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}
