import { code, fill, h, pretty } from "./dom.js"
import { listsOfJobs, showBatch, showJob, showUpload } from "./jobs.js"
import { badge, empty, facts, link, listOf, raw, size, time } from "./pieces.js"
import { element, Refused, session, status } from "./session.js"

// The page does not read through the API: there, each request for a run makes the run take its next step.

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

const { askForKey, onKey, request } = session("emulator-key", [401])

const read = async (path) => (await request(`/_emulator/${path}`)).json()

// -----------------------------------------------------------------------------
// objects
// -----------------------------------------------------------------------------

const showObjects = ({ assistants, files, generated, threads, ...jobs }) =>
  fill(
    element("objects"),
    listOf("Threads", threads, ({ last_message, run_status, thread }) =>
      link(
        thread.id,
        h("span", { class: "title" }, last_message || thread.id),
        h("small", {}, time(thread.created_at), " ", run_status && badge(run_status))
      ), "No thread yet."),
    listOf("Assistants", assistants, (assistant) =>
      link(
        assistant.id,
        h("span", { class: "title" }, assistant.name || assistant.id),
        h("small", {}, assistant.model)
      ), "No assistant yet."),
    listsOfJobs(jobs),
    listOf("Files", files, (file) =>
      link(
        file.id,
        h("span", { class: "title" }, file.filename),
        h("small", {}, `${size(file.bytes)}, ${file.purpose}`)
      ), "No file yet."),
    listOf("Speech and images", generated, (piece) =>
      link(
        piece.id,
        h("span", { class: "title" }, piece.title),
        h("small", {}, time(piece.created_at), ` ${piece.type}`)
      ), "No speech or image yet.")
  )

// -----------------------------------------------------------------------------
// details
// -----------------------------------------------------------------------------

const download = async ({ filename, id }) => {
  const blob = await (await request(`/v1/files/${encodeURIComponent(id)}/content`)).blob()
  const url = URL.createObjectURL(blob)
  h("a", { href: url, download: filename }).click()
  URL.revokeObjectURL(url)
}

const showFile = (file) => [
  h("h2", {}, file.filename),
  facts([["ID", file.id], ["Size", size(file.bytes)], ["Purpose", file.purpose], ["Status", file.status], [
    "Created",
    time(file.created_at)
  ]]),
  h("button", { type: "button", "data-key": "download", click: () => download(file).catch(fail) }, "Download"),
  raw(file.id, file)
]

/** Audio is requested with the key, which the browser's own request for it would not have. */
const player = (path) => {
  const audio = h("audio", { controls: true, "aria-label": "Speech" })
  request(path).then((response) => response.blob()).then((blob) => {
    audio.src = URL.createObjectURL(blob)
  }).catch(fail)
  return audio
}

const showPiece = ({ created_at, id, path, title, type }) => [
  h("h2", {}, type === "image" ? "Image" : "Speech"),
  h("p", { class: "text" }, title),
  type === "image" ? h("img", { src: path, alt: title }) : player(path),
  facts([["ID", id], ["Created", time(created_at)]])
]

const toolName = (tool) => tool.type === "function" ? `function ${tool.function.name}` : tool.type

const showAssistant = (assistant) => [
  h("h2", {}, assistant.name || assistant.id),
  assistant.description && h("p", {}, assistant.description),
  facts([
    ["ID", assistant.id],
    ["Model", assistant.model],
    ["Tools", assistant.tools.map(toolName).join(", ")],
    ["Files", assistant.file_ids.map((id) => [link(id, id), " "])],
    ["Created", time(assistant.created_at)]
  ]),
  assistant.instructions && [h("h3", {}, "Instructions"), h("p", { class: "text" }, assistant.instructions)],
  raw(assistant.id, assistant)
]

const annotation = ({ file_citation, file_path, text }) => {
  const id = file_citation?.file_id ?? file_path?.file_id
  return h("li", {}, `${text} `, id && link(id, id), file_citation?.quote && h("q", {}, file_citation.quote))
}

const messagePart = (part) => {
  if (part.type !== "text") return code(pretty(part))
  const { annotations, value } = part.text
  return [
    h("p", { class: "text" }, value),
    annotations.length > 0 &&
    h("ul", { class: "annotations", "aria-label": "Annotations" }, annotations.map(annotation))
  ]
}

const showMessage = (message) =>
  h(
    "li",
    { class: `message ${message.role}` },
    h(
      "p",
      { class: "by" },
      h("strong", {}, message.role),
      " ",
      time(message.created_at),
      " ",
      message.status && message.status !== "completed" && badge(message.status)
    ),
    message.content.map(messagePart),
    message.file_ids.length > 0 && h("p", {}, "Files: ", message.file_ids.map((id) => [link(id, id), " "]))
  )

const toolCall = (call) => {
  switch (call.type) {
    case "function":
      return [
        h("p", {}, h("strong", {}, call.function.name), " was called with"),
        code(pretty(call.function.arguments)),
        typeof call.function.output === "string"
          ? [h("p", {}, "and returned"), code(pretty(call.function.output))]
          : h("p", { class: "empty" }, "Its output is waited for.")
      ]
    case "code_interpreter":
      return [
        h("p", {}, h("strong", {}, "Code"), " was run"),
        code(call.code_interpreter.input),
        call.code_interpreter.outputs.map((output) => code(output.logs ?? pretty(output)))
      ]
    default:
      return h("p", {}, h("strong", {}, call.type))
  }
}

const endings = ["completed", "failed", "cancelled", "expired"]

/** What happened to a run, in the order of time. */
const momentsOf = (run) => {
  const moments = [{ at: run.created_at, order: 0, title: "Created" }]
  if (run.started_at) moments.push({ at: run.started_at, order: 1, title: "Started" })
  for (const step of run.steps) {
    const calls = step.step_details.tool_calls ?? []
    const end = endings.map((name) => step[`${name}_at`]).find((at) => at)
    moments.push({
      at: step.created_at,
      order: 2,
      title: step.type === "message_creation" ? "Message" : "Tool calls",
      status: step.status,
      until: end,
      body: [
        calls.map(toolCall),
        step.type === "message_creation" && h("p", {}, step.step_details.message_creation.message_id),
        step.last_error && h("p", { class: "problem" }, `${step.last_error.code}: ${step.last_error.message}`)
      ]
    })
  }
  if (run.required_action) moments.push({ at: Infinity, order: 3, title: "Waits for the outputs of its functions" })
  for (const name of endings) {
    const at = run[`${name}_at`] ?? (run.status === name ? run.expires_at : undefined)
    if (at) {
      moments.push({
        at,
        order: 4,
        title: name.replace(/^./, (letter) => letter.toUpperCase()),
        body: [
          run.last_error && h("p", { class: "problem" }, `${run.last_error.code}: ${run.last_error.message}`),
          run.incomplete_details && h("p", {}, `Incomplete: ${run.incomplete_details.reason}`)
        ]
      })
    }
  }
  return moments.sort((one, other) => one.at - other.at || one.order - other.order)
}

const showRun = (run) =>
  h(
    "article",
    { class: "run" },
    h("h4", {}, run.id, " ", badge(run.status)),
    facts([
      ["Assistant", link(run.assistant_id, run.assistant_id)],
      ["Model", run.model],
      ["Tokens", run.usage && `${run.usage.prompt_tokens} read, ${run.usage.completion_tokens} written`]
    ]),
    h(
      "ol",
      { class: "timeline" },
      momentsOf(run).map(({ at, body, status, title, until }) =>
        h(
          "li",
          { "data-status": status },
          h(
            "p",
            {},
            h("strong", {}, title),
            " ",
            status && badge(status),
            " ",
            Number.isFinite(at) &&
              h("small", {}, `+${at - run.created_at} s`, until && until > at ? `, took ${until - at} s` : "")
          ),
          body
        )
      )
    ),
    raw(run.id, run)
  )

const showThread = ({ messages, runs, thread }) => [
  h("h2", {}, "Thread"),
  facts([["ID", thread.id], ["Created", time(thread.created_at)]]),
  h("h3", {}, "Messages"),
  messages.length === 0 ? empty("No message yet.") : h("ol", { class: "messages" }, messages.map(showMessage)),
  h("h3", {}, "Runs"),
  runs.length === 0 ? empty("No run yet.") : runs.map(showRun),
  raw(thread.id, thread)
]

const welcome = () => [
  h("h2", {}, "Nothing is chosen"),
  h(
    "p",
    {},
    "Choose a thread, an assistant, a batch, a fine-tuning job, a file, speech or an image. What a program creates is " +
      "shown automatically."
  ),
  h("p", {}, "A client finds this emulator at"),
  code(`OPENAI_BASE_URL=${location.origin}/v1`)
]

const gone = (id) => [h("h2", {}, "Not found"), h("p", {}, `There is no ${id} any more.`)]

const showDetail = async ({ assistants, batches, files, fine_tuning_jobs, generated, threads, uploads }) => {
  const id = decodeURIComponent(location.hash.slice(1))
  const found = (list) => list.find((one) => one.id === id)
  const piece = found(generated)
  // It never changes, and audio would stop playing.
  if (piece !== undefined && element("detail").dataset.piece === id) return
  element("detail").dataset.piece = piece === undefined ? "" : id
  const detail = threads.some(({ thread }) => thread.id === id)
    ? showThread(await read(`threads/${encodeURIComponent(id)}`))
    : found(batches)
    ? showBatch(await read(`batches/${encodeURIComponent(id)}`))
    : found(fine_tuning_jobs)
    ? showJob(await read(`fine_tuning_jobs/${encodeURIComponent(id)}`))
    : uploads.some(({ upload }) => upload.id === id)
    ? showUpload(uploads.find(({ upload }) => upload.id === id))
    : found(assistants)
    ? showAssistant(found(assistants))
    : found(files)
    ? showFile(found(files))
    : piece !== undefined
    ? showPiece(piece)
    : id === "" || id === "detail"
    ? welcome()
    : gone(id)
  fill(element("detail"), detail.flat(Infinity).filter((one) => one))
}

// -----------------------------------------------------------------------------
// live
// -----------------------------------------------------------------------------

const fail = (error) => error instanceof Refused ? askForKey(error) : status(error.message)

let running
let isStale = false

/** Shows the current state. A call during a refresh makes it run again afterwards; several such calls do so only once. */
const refresh = () => {
  if (running !== undefined) {
    isStale = true
    return running
  }
  const work = async () => {
    do {
      isStale = false
      const state = await read("state")
      showObjects(state)
      await showDetail(state)
    } while (isStale)
  }
  running = work().finally(() => {
    running = undefined
  })
  return running
}

const shown = 100

const requestRow = ({ durationMs, fault, id, method, node, operation, path, problem, status, time }) =>
  h(
    "tr",
    { title: node === undefined ? id : `${id} on node ${node}` },
    h("td", {}, new Date(time).toLocaleTimeString([], { hourCycle: "h23" })),
    h(
      "td",
      {},
      h("strong", {}, operation ?? method),
      " ",
      h("small", {}, `${method} ${path.replace("/v1/", "/")}`),
      fault && h("p", {}, `Fault: ${fault}`),
      problem && h("p", { class: "problem" }, problem)
    ),
    h(
      "td",
      {},
      h(
        "span",
        { class: "badge", "data-class": status === undefined ? "none" : Math.floor(status / 100) },
        status === undefined ? "none" : String(status)
      )
    ),
    h("td", {}, `${durationMs} ms`)
  )

const addRequest = (entry) => {
  const rows = element("requests")
  rows.prepend(requestRow(entry))
  while (rows.childElementCount > shown) rows.lastElementChild.remove()
}

/** Reads each request when its response is sent, until the emulator ends. */
const follow = async () => {
  const response = await request("/_emulator/requests", { headers: { accept: "text/event-stream" } })
  const { data } = await read("requests")
  element("requests").replaceChildren(...data.slice(0, shown).map(requestRow))
  await refresh()
  status("Live", true)
  let rest = ""
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split("\n\n")
    rest = blocks.pop()
    for (const block of blocks) {
      if (block.startsWith("data: ")) addRequest(JSON.parse(block.slice("data: ".length)))
    }
    await refresh()
  }
}

const connect = async () => {
  for (;;) {
    try {
      await follow()
    } catch (error) {
      if (error instanceof Refused) return fail(error)
    }
    status("The emulator does not respond. Trying again")
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

onKey(connect)

addEventListener("hashchange", () => {
  refresh().then(() => element("detail").focus(), fail)
})

void connect()
