import { chart } from "./chart.js"
import { code, fill, h, pretty } from "./dom.js"
import { badge, empty } from "./pieces.js"
import { element, Refused, session, status } from "./session.js"

// What the organization has. It is read again every two seconds, and shown again where it has changed.

const { askForKey, onKey, request } = session("emulator-admin-key", [401, 403])

const read = async () => (await request("/_emulator/organization")).text()

// -----------------------------------------------------------------------------
// pieces
// -----------------------------------------------------------------------------

const time = (seconds) => {
  const date = new Date(seconds * 1000)
  return h("time", { datetime: date.toISOString() }, date.toISOString().slice(0, 16).replace("T", " "))
}

const identifier = (id) => h("code", { class: "id" }, id)

const count = (number) => h("span", { class: "count" }, String(number))

/** A table, or a sentence where it has no rows. Narrow windows scroll it. */
const table = (title, columns, rows, nothing) =>
  rows.length === 0 ? empty(nothing) : h(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": title },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))
    )
  )

const number = (value) => value === undefined ? "" : value.toLocaleString("en")

const dollars = (value) => value === 0 ? "" : `$${value.toFixed(value < 0.01 ? 6 : 2)}`

// -----------------------------------------------------------------------------
// sections
// -----------------------------------------------------------------------------

const showUsage = ({ days, rows }) => {
  const named = rows.map((row) => ({ ...row, name: row.model ?? row.kind.replaceAll("_", " ") }))
  const tokens = (row) => row.input_tokens + row.output_tokens
  return [
    h("h2", { id: "usage-title" }, "Usage and costs"),
    h("p", {}, `The last ${days.length} days, in UTC, by model.`),
    h(
      "div",
      { class: "charts" },
      chart("Requests", days, named, (row) => row.requests, number),
      chart("Tokens", days, named, tokens, number),
      chart("Costs", days, named, (row) => row.dollars, dollars)
    )
  ]
}

const limitNames = [
  ["max_requests_per_1_minute", "Requests a minute"],
  ["max_tokens_per_1_minute", "Tokens a minute"],
  ["max_requests_per_1_day", "Requests a day"],
  ["max_images_per_1_minute", "Images a minute"],
  ["max_audio_megabytes_per_1_minute", "Audio MB a minute"],
  ["batch_1_day_max_input_tokens", "Batch tokens a day"]
]

const showLimits = ({ id, rate_limits: limits }) => {
  const modified = limits.filter((limit) => limit.is_modified).length
  return h(
    "details",
    { "data-key": `limits-${id}` },
    h("summary", {}, "Rate limits ", h("span", { class: "count" }, modified === 0 ? "" : `${modified} modified`)),
    table(
      "Rate limits",
      ["Model", ...limitNames.map(([, title]) => title)],
      limits.map((limit) => [
        [limit.model, limit.is_modified && [" ", badge("modified")]],
        ...limitNames.map(([name]) => number(limit[name]))
      ]),
      "No rate limits."
    )
  )
}

const ownerOf = ({ users, service_accounts: accounts }, { id }) =>
  [...users, ...accounts].find((owner) => owner.id === id)?.name ?? id

const showProject = (project) =>
  h(
    "article",
    { class: "project" },
    h("h3", {}, project.name, " ", badge(project.status)),
    h("p", {}, identifier(project.id), " created ", time(project.created_at)),
    h("h4", {}, "Members ", count(project.users.length)),
    table(
      `Members of ${project.name}`,
      ["Name", "Email", "Role", "Added"],
      project.users.map(({ added_at, email, name, role }) => [name, email, role, time(added_at)]),
      "No members."
    ),
    h("h4", {}, "Service accounts ", count(project.service_accounts.length)),
    table(
      `Service accounts of ${project.name}`,
      ["Name", "ID", "Role", "Created"],
      project.service_accounts.map(({ created_at, id, name, role }) => [name, identifier(id), role, time(created_at)]),
      "No service accounts."
    ),
    h("h4", {}, "API keys ", count(project.api_keys.length)),
    table(
      `API keys of ${project.name}`,
      ["Name", "Key", "Owner", "Created"],
      project.api_keys.map(({ created_at, name, owner, redacted_value }) => [
        name,
        identifier(redacted_value),
        ownerOf(project, owner),
        time(created_at)
      ]),
      "No keys."
    ),
    showLimits(project)
  )

const showPeople = ({ invites, users }) => [
  h("h2", { id: "people-title" }, "Users ", count(users.length)),
  table(
    "Users",
    ["Name", "Email", "Role", "Added"],
    users.map(({ added_at, email, name, role }) => [name, email, role, time(added_at)]),
    "No users."
  ),
  h("h2", {}, "Invites ", count(invites.length)),
  table(
    "Invites",
    ["Email", "Role", "Status", "Invited", "Expires"],
    invites.map(({ email, expires_at, invited_at, role, status }) => [
      email,
      role,
      badge(status),
      time(invited_at),
      time(expires_at)
    ]),
    "No invites."
  )
]

const actorOf = ({ actor }) => {
  const { api_key: key, session } = actor ?? {}
  if (session) return session.user?.email ?? "session"
  return key?.user?.email ?? key?.service_account?.id ?? key?.id ?? ""
}

const showLog = (entries) => [
  h("h2", { id: "log-title" }, "Audit log ", count(entries.length)),
  table(
    "Audit log",
    ["Time", "Change", "Actor", "Project", "Payload"],
    entries.map((entry) => [
      time(entry.effective_at),
      entry.type,
      actorOf(entry),
      entry.project?.name ?? "",
      h(
        "details",
        { "data-key": entry.id },
        h("summary", {}, identifier(entry[entry.type]?.id ?? entry.id)),
        code(pretty(entry[entry.type] ?? {}))
      )
    ]),
    "No changes yet."
  )
]

const show = ({ audit_log: entries, invites, projects, usage, users }) => {
  fill(element("usage"), showUsage(usage))
  fill(
    element("projects"),
    h("h2", { id: "projects-title" }, "Projects ", count(projects.length)),
    projects.map(showProject)
  )
  fill(element("people"), showPeople({ invites, users }))
  fill(element("log"), showLog(entries))
}

// -----------------------------------------------------------------------------
// live
// -----------------------------------------------------------------------------

const pause = 2000

let shown

const connect = async () => {
  for (;;) {
    try {
      // A hidden tab sends no requests.
      if (shown === undefined || document.visibilityState === "visible") {
        const text = await read()
        if (text !== shown) show(JSON.parse(text))
        shown = text
        status("Live", true)
      }
    } catch (error) {
      if (error instanceof Refused) return askForKey(error)
      status("The emulator does not respond. Trying again")
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

onKey(connect)

void connect()
