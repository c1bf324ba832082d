import { code, h, pretty, svg } from "./dom.js"
import { badge, empty, facts, link, listOf, raw, size, time } from "./pieces.js"

// Batches, fine-tuning jobs, and uploads in progress.

/** How far something has come. */
const progress = (label, value, max) =>
  h("progress", { "aria-label": label, value: Math.min(value, max), max: Math.max(max, 1) })

const wide = (title, columns, rows) =>
  h(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": title },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))
    )
  )

/** When something entered each of its statuses. */
const times = (pairs) =>
  h(
    "ol",
    { class: "timeline" },
    pairs.filter(([, at]) => at).sort(([, one], [, other]) => one - other).map(([name, at]) =>
      h("li", {}, h("p", {}, h("strong", {}, name), " ", time(at)))
    )
  )

// -----------------------------------------------------------------------------
// lists
// -----------------------------------------------------------------------------

const countsOf = ({ completed, failed, total }) =>
  `${completed + failed} of ${total} requests${failed > 0 ? `, ${failed} failed` : ""}`

export const listsOfJobs = ({ batches, fine_tuning_jobs, uploads }) =>
  [
    listOf("Batches", batches, (batch) =>
      link(
        batch.id,
        h("span", { class: "title" }, batch.id),
        h("small", {}, countsOf(batch.request_counts), " ", badge(batch.status))
      ), "No batch yet."),
    listOf("Fine-tuning jobs", fine_tuning_jobs, (job) =>
      link(
        job.id,
        h("span", { class: "title" }, job.fine_tuned_model ?? job.id),
        h("small", {}, job.model, " ", badge(job.status))
      ), "No fine-tuning job yet."),
    uploads.length > 0 && listOf("Uploads in progress", uploads, ({ received, upload }) =>
      link(
        upload.id,
        h("span", { class: "title" }, upload.filename),
        h("small", {}, `${size(received)} of ${size(upload.bytes)}`)
      ), "")
  ].filter((list) => list !== false)

// -----------------------------------------------------------------------------
// batches
// -----------------------------------------------------------------------------

const isActive = ({ status }) => ["validating", "in_progress", "finalizing", "cancelling"].includes(status)

const fileLink = (id) => id && link(id, id)

const textOf = ({ choices, data }) =>
  choices?.[0]?.message?.content ?? choices?.[0]?.text ?? (data && `${data.length} embeddings`) ?? ""

/** The result of a request: its text, or what went wrong. */
const result = ({ custom_id, error, response }) => {
  const problem = error ?? response?.body?.error
  const status = response?.status_code
  return [
    custom_id,
    h(
      "span",
      { class: "badge", "data-class": status === undefined ? "none" : Math.floor(status / 100) },
      status === undefined ? error?.code ?? "none" : String(status)
    ),
    h(
      "details",
      { "data-key": `result-${custom_id}` },
      problem
        ? h("summary", { class: "problem" }, problem.message)
        : h("summary", {}, h("span", { class: "excerpt" }, textOf(response.body) || "Response")),
      code(pretty(response?.body ?? error))
    )
  ]
}

const lineOf = ({ code, line, message, param }) => [
  line === null ? "" : String(line),
  code,
  param ?? "",
  h("span", { class: "problem" }, message)
]

export const showBatch = ({ batch, results }) => {
  const { completed, failed, total } = batch.request_counts
  const errors = batch.errors?.data ?? []
  return [
    h("h2", {}, "Batch ", badge(batch.status)),
    progress("Requests with a result", completed + failed, total),
    h("p", {}, countsOf(batch.request_counts)),
    facts([
      ["ID", batch.id],
      ["Endpoint", batch.endpoint],
      ["Model", batch.enqueued?.model],
      ["Tokens", batch.enqueued && `${batch.enqueued.tokens} enqueued`],
      ["Input", fileLink(batch.input_file_id)],
      ["Output", fileLink(batch.output_file_id)],
      ["Errors", fileLink(batch.error_file_id)],
      ["Expires", isActive(batch) && time(batch.expires_at)]
    ]),
    errors.length > 0 && [
      h("h3", {}, "Errors of the input file"),
      wide("Errors of the input file", ["Line", "Code", "Field", "Message"], errors.map(lineOf))
    ],
    h("h3", {}, "Results"),
    results.length === 0
      ? empty("No result yet.")
      : wide("Results", ["Request", "Status", "Response"], results.map(result)),
    results.length < completed + failed &&
    h("p", { class: "empty" }, `${results.length} of ${completed + failed} results are shown.`),
    h("h3", {}, "Times"),
    times([
      ["Created", batch.created_at],
      ["In progress", batch.in_progress_at],
      ["Finalizing", batch.finalizing_at],
      ["Cancelling", batch.cancelling_at],
      ["Completed", batch.completed_at],
      ["Failed", batch.failed_at],
      ["Expired", batch.expired_at],
      ["Cancelled", batch.cancelled_at]
    ]),
    raw(batch.id, batch)
  ]
}

// -----------------------------------------------------------------------------
// fine-tuning
// -----------------------------------------------------------------------------

const [width, height, foot] = [600, 200, 20]

const losses = [["train_loss", "training loss"], ["valid_loss", "validation loss"]]

const number = (value) => typeof value === "number" ? value.toFixed(3) : ""

/** The loss by step, as lines. The table of checkpoints and the events have the same numbers. */
const curve = (metrics) => {
  const series = losses.map(([field, name]) => ({
    field,
    name,
    points: metrics.filter((point) => typeof point[field] === "number")
  })).filter(({ points }) => points.length > 1)
  if (series.length === 0) return empty("No loss yet.")
  const all = series.flatMap(({ field, points }) => points.map((point) => point[field]))
  const most = Math.max(...all)
  const steps = series.flatMap(({ points }) => points.map(({ step }) => step))
  const [first, last] = [Math.min(...steps), Math.max(...steps)]
  const x = (step) => ((step - first) / Math.max(last - first, 1)) * width
  const y = (loss) => height - (loss / (most || 1)) * (height - 16)
  const described = series.map(({ field, name, points }) =>
    `${name} from ${number(points[0][field])} to ${number(points.at(-1)[field])}`
  ).join(", ")
  return h(
    "figure",
    {},
    svg(
      "svg",
      {
        class: "curve",
        viewBox: `0 0 ${width} ${height + foot}`,
        role: "img",
        "aria-label": `Steps ${first} to ${last}: ${described}`
      },
      svg("line", { class: "axis", x1: 0, y1: height, x2: width, y2: height }),
      series.map(({ field, points }) =>
        svg("polyline", {
          class: field,
          points: points.map((point) => `${x(point.step).toFixed(1)},${y(point[field]).toFixed(1)}`).join(" ")
        })
      ),
      svg("text", { x: 0, y: 11 }, number(most)),
      svg("text", { x: 0, y: height + foot - 4 }, `step ${first}`),
      svg("text", { x: width, y: height + foot - 4, "text-anchor": "end" }, `step ${last}`)
    ),
    h(
      "figcaption",
      {},
      series.map(({ field, name, points }) =>
        h("span", { class: `legend ${field}` }, `${name}, last ${number(points.at(-1)[field])}`)
      )
    )
  )
}

const checkpoint = ({ fine_tuned_model_checkpoint, metrics, step_number }) => [
  String(step_number),
  h("span", { class: "id" }, fine_tuned_model_checkpoint),
  number(metrics.train_loss),
  number(metrics.valid_loss)
]

const event = ({ created_at, level, message }) =>
  h("li", { "data-level": level }, time(created_at), " ", level !== "info" && badge(level), " ", message)

export const showJob = ({ checkpoints, events, job }) => [
  h("h2", {}, "Fine-tuning job ", badge(job.status)),
  job.error?.message && h("p", { class: "problem" }, `${job.error.code}: ${job.error.message}`),
  facts([
    ["ID", job.id],
    ["Base model", job.model],
    ["New model", job.fine_tuned_model],
    ["Method", job.method.type],
    ["Training", fileLink(job.training_file)],
    ["Validation", fileLink(job.validation_file)],
    ["Results", job.result_files.map((id) => [link(id, id), " "])],
    ["Tokens", job.trained_tokens && `${job.trained_tokens} trained`],
    ["Created", time(job.created_at)],
    ["Finished", job.finished_at && time(job.finished_at)]
  ]),
  h("h3", {}, "Loss"),
  curve(events.filter(({ type }) => type === "metrics").map(({ data }) => data)),
  h("h3", {}, "Checkpoints"),
  checkpoints.length === 0
    ? empty("No checkpoint yet.")
    : wide("Checkpoints", ["Step", "Model", "Training loss", "Validation loss"], checkpoints.map(checkpoint)),
  h("h3", {}, "Events"),
  events.length === 0 ? empty("No event yet.") : h("ol", { class: "events" }, events.map(event)),
  raw(job.id, job)
]

// -----------------------------------------------------------------------------
// uploads
// -----------------------------------------------------------------------------

export const showUpload = ({ parts, received, upload }) => [
  h("h2", {}, "Upload ", badge(upload.status)),
  progress("Received bytes", received, upload.bytes),
  h("p", {}, `${size(received)} of ${size(upload.bytes)} in ${parts} ${parts === 1 ? "part" : "parts"}`),
  facts([
    ["ID", upload.id],
    ["File", upload.filename],
    ["Purpose", upload.purpose],
    ["Created", time(upload.created_at)],
    ["Expires", time(upload.expires_at)]
  ]),
  raw(upload.id, upload)
]
