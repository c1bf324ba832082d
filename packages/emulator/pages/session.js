// What the pages that show the emulator's own data share: their requests with a key, the form that asks for it, the status.

export const element = (id) => document.getElementById(id)

/** The emulator did not accept the key. */
export class Refused extends Error {}

export const status = (text, isLive = false) => {
  // A screen reader reads each change.
  if (element("status").textContent !== text) element("status").textContent = text
  element("status").dataset.live = String(isLive)
}

const messageOf = ({ error }) => typeof error === "string" ? error : error.message

/** The session of a page: the name of its key in this tab, and the statuses that refuse a key. */
export const session = (keyName, refusals) => ({
  request: async (path, options = {}) => {
    const key = sessionStorage.getItem(keyName) ?? "none"
    const response = await fetch(path, { ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } })
    if (response.ok) return response
    const message = messageOf(await response.json())
    throw refusals.includes(response.status) ? new Refused(message) : new Error(message)
  },

  /** Asks for a key. The message of the first refusal is not shown: no key was sent. */
  askForKey: ({ message }) => {
    element("content").hidden = true
    element("key").hidden = false
    element("refused").textContent = sessionStorage.getItem(keyName) === null ? "" : message
    element("key").elements.key.focus()
    status("Waiting for a key")
  },

  onKey: (connect) =>
    element("key").addEventListener("submit", (event) => {
      event.preventDefault()
      sessionStorage.setItem(keyName, element("key").elements.key.value)
      element("key").hidden = true
      element("content").hidden = false
      void connect()
    })
})
