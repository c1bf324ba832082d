import {
  Assistants,
  Batches,
  Files,
  FineTuning,
  Messages,
  OpenAiClient,
  Runs,
  Threads,
  Uploads
} from "@effect-openai/client"
import type * as AssistantsContract from "@effect-openai/core/Assistants"
import type * as BatchesContract from "@effect-openai/core/Batches"
import type * as FilesContract from "@effect-openai/core/Files"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as FineTuningContract from "@effect-openai/core/FineTuning"
import type * as MessagesContract from "@effect-openai/core/Messages"
import type * as RunsContract from "@effect-openai/core/Runs"
import type * as ThreadsContract from "@effect-openai/core/Threads"
import type * as UploadsContract from "@effect-openai/core/Uploads"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as Monotonic from "../monotonic.js"

// Objects for scenarios. The scope of a scenario deletes them.

/** The chat model of the target. */
export const model = Effect.map(Scenario.CurrentSettings, ({ models }) => models.chat)

export const assistant = (fields: Partial<AssistantsContract.CreateAssistantRequest> = {}) =>
  Effect.flatMap(model, (model) =>
    Effect.acquireRelease(
      Assistants.create({ model, ...fields }),
      ({ id }) => Effect.ignore(Assistants.delete({ assistant_id: id }))
    ))

export const file = (
  content: string | Uint8Array = "Seven stars shine above the harbour.",
  options: { readonly name?: string; readonly purpose?: FilesContract.CreateFileRequest["purpose"] } = {}
) =>
  Effect.acquireRelease(
    Files.upload({
      file: FileSource.fromBytes(options.name ?? "facts.txt", content),
      purpose: options.purpose ?? "assistants"
    }),
    ({ id }) => Effect.ignore(Files.delete({ file_id: id }))
  )

/** An upload of five bytes. */
export const upload = (fields: Partial<UploadsContract.CreateUploadRequest> = {}) =>
  Effect.acquireRelease(
    Uploads.create({ filename: "facts.txt", purpose: "assistants", bytes: 5, mime_type: "text/plain", ...fields }),
    ({ id }) => Effect.ignore(Uploads.cancel({ upload_id: id }))
  )

const path = "/v1/chat/completions"

/** A line of a batch: a request for a chat completion. */
export const line = (custom_id: string, fields: object = {}) =>
  Effect.map(model, (model) =>
    JSON.stringify({
      custom_id,
      method: "POST",
      url: path,
      body: { model, messages: [{ role: "user", content: `Say ${custom_id}.` }], ...fields }
    }))

/** A batch of lines. Default: one request. */
export const batch = (
  lines: ReadonlyArray<string> | undefined = undefined,
  fields: Partial<BatchesContract.CreateBatchRequest> = {}
) =>
  Effect.gen(function*() {
    const content = lines ?? [yield* line("hello")]
    const { id: input_file_id } = yield* file(content.join("\n"), { name: "batch.jsonl", purpose: "batch" })
    return yield* Effect.acquireRelease(
      Batches.create({ input_file_id, endpoint: path, completion_window: "24h", ...fields }),
      ({ id }) => Effect.ignore(Batches.cancel({ batch_id: id }))
    )
  })

/** Training examples for a chat model. */
export const examples = (count: number): string =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      messages: [{ role: "user", content: `How many stars, ${index}?` }, { role: "assistant", content: "Seven." }]
    })).join("\n")

/** A fine-tuning job. Default: ten examples, and two epochs. */
export const job = (
  fields: Partial<FineTuningContract.CreateFineTuningJobRequest> = {},
  content = examples(10)
) =>
  Effect.gen(function*() {
    const { id: training_file } = yield* file(content, { name: "training.jsonl", purpose: "fine-tune" })
    return yield* Effect.acquireRelease(
      FineTuning.create({
        model: "gpt-4o-mini",
        training_file,
        method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 2, batch_size: 2 } } },
        ...fields
      }),
      ({ id }) => Effect.ignore(FineTuning.cancel({ fine_tuning_job_id: id }))
    )
  })

export const thread = (fields: ThreadsContract.CreateThreadRequest = {}) =>
  Effect.acquireRelease(
    Threads.create(fields),
    ({ id }) => Effect.ignore(Threads.delete({ thread_id: id }))
  )

export const message = (thread_id: string, fields: Partial<MessagesContract.CreateMessageRequest> = {}) =>
  Messages.create({ thread_id, role: "user", content: "How many stars shine?", ...fields })

/** A function tool. */
export const tool = (name: string) => ({
  type: "function" as const,
  function: {
    name,
    description: `Returns what ${name} has for a city.`,
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "The city." } },
      required: ["city"]
    }
  }
})

/** Waits one second, so that `created_at` orders the objects. */
export const later = Effect.flatMap(
  Scenario.CurrentSettings,
  ({ advance }) => Effect.catchAll(advance("1 second"), () => Effect.sleep("1100 millis"))
)

const five = ["0", "1", "2", "3", "4"]

/** The IDs of five objects. The first two are at least a second older than the others. */
export const sequentially = <A extends { readonly id: string }, E, R>(f: (name: string) => Effect.Effect<A, E, R>) =>
  Effect.forEach(
    five,
    (name, index) => Effect.map(index === 2 ? Effect.zipRight(later, f(name)) : f(name), ({ id }) => id)
  )

/** An assistant and a thread with one message. */
export const conversation = (
  content: string,
  fields: Partial<AssistantsContract.CreateAssistantRequest> = {}
) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* assistant(fields)
    const { id: thread_id } = yield* thread({ messages: [{ role: "user", content }] })
    return { assistant_id, thread_id }
  })

/** The same with a run. */
export const run = (
  content: string,
  fields: Partial<AssistantsContract.CreateAssistantRequest> = {},
  settings: Partial<RunsContract.CreateRunRequest> = {}
) =>
  Effect.gen(function*() {
    const { assistant_id, thread_id } = yield* conversation(content, fields)
    const { stream: _, ...rest } = settings
    const created = yield* Runs.create({ ...rest, thread_id, assistant_id })
    return { assistant_id, thread_id, run_id: created.id, run: created }
  })

/** A run in a thread that exists. */
export const runIn = (
  thread_id: string,
  content: string,
  fields: Partial<AssistantsContract.CreateAssistantRequest> = {}
) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* assistant(fields)
    yield* message(thread_id, { content })
    const created = yield* Runs.create({ thread_id, assistant_id })
    return { assistant_id, thread_id, run_id: created.id, run: created }
  })

/** The statuses that may follow a status, immediately or later. */
interface Followers extends Readonly<Record<string, ReadonlyArray<string>>> {}

const runFollowers: Followers = (() => {
  const ends = ["completed", "failed", "cancelled", "expired"]
  const atWork = ["requires_action", "cancelling", ...ends]
  return {
    queued: ["in_progress", ...atWork],
    in_progress: atWork,
    requires_action: ["cancelling", "cancelled", "expired"],
    cancelling: ends
  }
})()

const batchFollowers: Followers = {
  validating: ["failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"],
  in_progress: ["finalizing", "completed", "expired", "cancelling", "cancelled"],
  finalizing: ["completed", "expired"],
  cancelling: ["cancelled", "completed"]
}

/**
 * Polls an object until it does not change any more. Returns it with every status that it had. Fails if it takes an
 * undocumented transition or does not change in time.
 */
const settledBy = <A extends { readonly status?: string | undefined }, E, R>(
  what: string,
  followers: Followers,
  isSettled: (object: A) => boolean,
  retrieve: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const patience = Duration.toMillis((yield* Scenario.CurrentSettings).patience)
    const seen: Array<string> = []
    let changed = yield* Monotonic.currentMillis
    for (;;) {
      const [object, response] = yield* OpenAiClient.withResponse(retrieve)
      const last = seen.at(-1)
      const { status = "missing" } = object
      if (status !== last) {
        if (last !== undefined && followers[last]?.includes(status) !== true) {
          return yield* new Scenario.ScenarioFailure({
            expectation: `a ${what} goes from ${last} to ${(followers[last] ?? ["nothing else"]).join(" or ")}`,
            message: `It went from ${last} to ${status}`
          })
        }
        seen.push(status)
        changed = yield* Monotonic.currentMillis
      }
      if (isSettled(object)) return { object, seen }
      if ((yield* Monotonic.currentMillis) - changed > patience) {
        return yield* new Scenario.ScenarioFailure({
          expectation: `a ${what} moves until it has ended${what === "run" ? " or requires an action" : ""}`,
          message: `It was ${status} for ${Duration.format(patience)}`
        })
      }
      const asked = Number(response?.headers["openai-poll-after-ms"] ?? "500")
      yield* Effect.sleep(Number.isFinite(asked) ? Math.min(Math.max(asked, 0), 2000) : 500)
    }
  })

/** Polls a run until it has ended or requires an action. */
export const settled = (ids: Runs.RunIds) =>
  Effect.map(
    settledBy("run", runFollowers, Runs.isSettled, Runs.retrieve(ids)),
    ({ object, seen }) => ({ run: object, seen })
  )

/** Polls a batch until it has ended. */
export const ended = (batch_id: string) =>
  Effect.map(
    settledBy(
      "batch",
      batchFollowers,
      ({ status = "" }) => ["completed", "failed", "expired", "cancelled"].includes(status),
      Batches.retrieve({ batch_id })
    ),
    ({ object, seen }) => ({ batch: object, seen })
  )

const jobFollowers: Followers = {
  validating_files: ["queued", "running", "succeeded", "failed", "cancelled"],
  queued: ["running", "succeeded", "failed", "cancelled"],
  running: ["succeeded", "failed", "cancelled"]
}

/** Polls a fine-tuning job until it has ended. */
export const trained = (fine_tuning_job_id: string) =>
  Effect.map(
    settledBy(
      "fine-tuning job",
      jobFollowers,
      ({ status = "" }) => ["succeeded", "failed", "cancelled"].includes(status),
      FineTuning.retrieve({ fine_tuning_job_id })
    ),
    ({ object, seen }) => ({ job: object, seen })
  )

type Names = readonly [string, ...ReadonlyArray<string>]

const callOf = (names: Names) => `Call ${names.join(" and ")} for "Lisbon", and nothing else.`

const callerOf = (names: Names) => ({
  instructions: "Call the requested functions, all at the same time, before you reply.",
  tools: names.map(tool)
})

const requiringAction = (names: Names) => (ids: Effect.Effect.Success<ReturnType<typeof run>>) =>
  Effect.gen(function*() {
    const { run: settledRun, seen } = yield* settled({ thread_id: ids.thread_id, run_id: ids.run_id })
    const action = settledRun.required_action
    if (settledRun.status !== "requires_action" || action?.type !== "submit_tool_outputs") {
      return yield* new Scenario.ScenarioFailure({
        expectation: `a run requires an action if its message asks for ${names.join(" and ")}`,
        message: `The run is ${settledRun.status}, with the required_action ${JSON.stringify(action)}`
      })
    }
    const calls = (action as NonNullable<RunsContract.Run["required_action"]> & {
      readonly submit_tool_outputs: { readonly tool_calls: ReadonlyArray<RunsContract.RunToolCall> }
    }).submit_tool_outputs.tool_calls
    return { ...ids, run: settledRun, calls, seen }
  })

/** A run that requires outputs of the functions given. */
export const waiting = (...names: Names) => Effect.flatMap(run(callOf(names), callerOf(names)), requiringAction(names))

/** The same in a thread that exists. */
export const waitingIn = (thread_id: string, ...names: Names) =>
  Effect.flatMap(runIn(thread_id, callOf(names), callerOf(names)), requiringAction(names))

/** An output for each call. */
export const outputs = (calls: ReadonlyArray<{ readonly id: string }>) =>
  calls.map(({ id }) => ({ tool_call_id: id, output: "{\"celsius\":21}" }))

/** The text of a message. */
export const textOf = ({ content }: MessagesContract.Message): string =>
  content.map((part) => part.type === "text" && "text" in part ? (part as MessagesContract.TextContent).text.value : "")
    .join("")
