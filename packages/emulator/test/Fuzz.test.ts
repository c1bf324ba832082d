import { Assistants, Contract, type Endpoint, Models, Runs, Threads } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, FastCheck, Runtime, type Schema } from "effect"
import { call, ok, streamed } from "./calls.js"
import { form, fuzz, inProcess, onDisk, send, type Services } from "./utils.js"

/** One request: an operation, whether it is streamed, and what its fields are. */
interface Step {
  readonly endpoint: Endpoint.Any
  readonly stream: boolean
  readonly body: unknown
  readonly query: Readonly<Record<string, unknown>>
  /** The index of the object, among those seen so far, that a name refers to. Names without an object get junk. */
  readonly pick: number
  readonly junk: string
}

const arbitraryOf = (schema: Schema.Schema.All): FastCheck.Arbitrary<unknown> =>
  Arbitrary.make(schema as Schema.Schema<unknown>)

/** A request as it may be, or with one of its fields as it may not. */
const bodyOf = (endpoint: Endpoint.Any): FastCheck.Arbitrary<unknown> => {
  const { body } = endpoint
  if (body._tag !== "Json") return FastCheck.constant(undefined)
  const { fields } = body.schema as unknown as Schema.Struct<Schema.Struct.Fields>
  const valid = arbitraryOf(body.schema)
  const names = Object.keys(fields)
  const broken = FastCheck.tuple(valid, FastCheck.constantFrom("extra", ...names), FastCheck.jsonValue()).map(
    ([fields, name, value]) => ({ ...fields as object, [name]: value })
  )
  return FastCheck.oneof({ weight: 4, arbitrary: valid }, { weight: 1, arbitrary: broken })
}

const queryOf = (endpoint: Endpoint.Any): FastCheck.Arbitrary<Readonly<Record<string, unknown>>> =>
  FastCheck.oneof(
    { weight: 3, arbitrary: FastCheck.constant({}) },
    {
      weight: 2,
      arbitrary: arbitraryOf(endpoint.query) as FastCheck.Arbitrary<
        Record<string, unknown>
      >
    },
    {
      weight: 1,
      arbitrary: FastCheck.dictionary(FastCheck.constantFrom("limit", "order", "after"), FastCheck.string())
    }
  )

const stepOf = (endpoint: Endpoint.Any): FastCheck.Arbitrary<Step> =>
  FastCheck.record({
    endpoint: FastCheck.constant(endpoint),
    stream: FastCheck.boolean(),
    body: bodyOf(endpoint),
    query: queryOf(endpoint),
    pick: FastCheck.nat(),
    junk: FastCheck.string({ minLength: 1 })
  })

const prefixes: Readonly<Record<string, string>> = {
  assistant_id: "asst_",
  batch_id: "batch_",
  file_id: "file-",
  fine_tuning_job_id: "ftjob-",
  invite_id: "invite-",
  key_id: "key_",
  message_id: "msg_",
  model: "ft:",
  project_id: "proj_",
  run_id: "run_",
  service_account_id: "svc_acct_",
  step_id: "step_",
  thread_id: "thread_",
  upload_id: "upload_",
  user_id: "user-"
}

/** The fields that are allowed only with others. */
const dependent = [
  "function_call",
  "modalities",
  "parallel_tool_calls",
  "reasoning_effort",
  "response_format",
  "stream_options",
  "tool_choice",
  "tools",
  "top_logprobs",
  "truncation_strategy"
]

/** Removes the fields that random ones contradict, and the messages that need others. */
const simplify = (fields: Record<string, unknown>) => {
  for (const name of dependent) Reflect.deleteProperty(fields, name)
  if (Array.isArray(fields["messages"])) {
    fields["messages"] = fields["messages"].filter((message) => /user|system/.test(message?.role))
  }
}

/** Sends one request after the other, and lets later ones name what earlier ones made. */
const play = (steps: ReadonlyArray<Step>, succeeded: Set<string>): Effect.Effect<void, unknown, Services> =>
  Effect.gen(function*() {
    const seen: Array<any> = []
    const see = (value: any) => {
      if (typeof value?.id === "string") seen.push(value)
      if (Array.isArray(value?.data)) value.data.forEach(see)
    }
    const { json } = yield* send(
      "POST",
      "/files",
      form(["name=\"file\"; filename=\"a\"", "x"], ["name=\"purpose\"", "assistants"])
    )
    see(json)
    const tools = [{ type: "retrieval" }, { type: "function", function: { name: "f" } }]
    const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4o", tools, file_ids: [json.id] })
    const thread = { messages: [{ role: "user", content: "f", file_ids: [json.id] }] }
    see(yield* ok(Assistants.retrieve, { assistant_id }))
    see(yield* ok(Threads.create, thread))
    for (const { data } of yield* streamed(Runs.createThreadAndRun, { assistant_id, thread })) see(data)
    see(yield* ok(Models.list))
    for (const { body, endpoint, junk, pick, query, stream } of steps) {
      /** The newer ones come first: what they belong to is likely to be still there. */
      const one = (name: string) => {
        const known = seen.filter(({ id }) => id.startsWith(prefixes[name])).reverse()
        return known[pick % (known.length + 1)] ?? { id: junk }
      }
      const named: Record<string, unknown> = {}
      for (const [, name] of endpoint.path.matchAll(/\{(\w+)\}/g)) named[name!] = one(name!).id
      // A child of the thread that is named, if there is one: otherwise most would not be found.
      for (const name of ["run_id", "message_id", "step_id"]) {
        if (!(name in named)) continue
        const child = one(name)
        Object.assign(named, { [name]: child.id }, child.thread_id && { thread_id: child.thread_id })
        if (name === "step_id" && child.run_id) named["run_id"] = child.run_id
      }
      const fields: Record<string, unknown> = { ...typeof body === "object" ? body : {}, ...query, ...named }
      if ("assistant_id" in fields) fields["assistant_id"] = one("assistant_id").id
      if ("file_id" in fields) fields["file_id"] = one("file_id").id
      if ("file_ids" in fields) delete fields["file_ids"]
      if ("tool_outputs" in fields) {
        const calls = one("run_id").required_action?.submit_tool_outputs.tool_calls ?? []
        fields["tool_outputs"] = calls.map(({ id }: any) => ({ tool_call_id: id, output: junk }))
      }
      if (pick % 2 === 0) simplify(fields)
      if (endpoint.events !== undefined) fields["stream"] = stream
      const response = yield* call(endpoint, fields)
      assert.isBelow(response.status, 500, response.text)
      see(response.json)
      for (const { data, event } of response.events) {
        assert.notStrictEqual(event, "error", response.text)
        see(data)
      }
      if (response.events.length > 0) assert.strictEqual(response.events.at(-1)!.data, "[DONE]")
      if (response.status === 200) {
        succeeded.add(endpoint.name)
        if (response.events.length > 0) succeeded.add(`${endpoint.name} streamed`)
      }
    }
  })

/** Conversations on disk are shorter, because each has its own server and store. */
const runs = [
  { target: inProcess, name: inProcess.name, numRuns: 60, reachesAll: true },
  { target: onDisk, name: onDisk.name, numRuns: 10, reachesAll: false }
]

describe("Fuzz", () => {
  it.live.each(runs)(
    "no request causes a server error, and all responses fit the contract, $name",
    ({ numRuns, reachesAll, target }) =>
      Effect.gen(function*() {
        const succeeded = new Set<string>()
        const runtime = yield* Effect.runtime<never>()
        const all = Contract.endpoints.filter(({ body }) => body._tag !== "Multipart")
        const steps = FastCheck.array(
          FastCheck.oneof(
            // Assistants have the longest chains of objects.
            ...all.map((endpoint) => ({
              weight: endpoint.family === "assistants" ? 3 : 1,
              arbitrary: stepOf(endpoint)
            }))
          ),
          {
            minLength: 20,
            maxLength: 40,
            size: "max"
          }
        )
        yield* Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(
              steps,
              (steps) => Runtime.runPromise(runtime)(Effect.provide(play(steps, succeeded), target.layer()))
            ),
            { numRuns: numRuns * fuzz.times, seed: fuzz.seed }
          )
        )
        if (!reachesAll) return
        // Administration and jobs need objects that few random conversations create. Their scenarios reach them.
        const expected = all.filter(({ family, name }) =>
          family !== "administration" && !/Batch|FineTuning|Upload/.test(name)
        )
        assert.strictEqual(expected.filter(({ name }) => !succeeded.has(name)).map(({ name }) => name).join(" "), "")
        assert.includeMembers([...succeeded], ["createThreadAndRun streamed", "createChatCompletion streamed"])
      }),
    120_000 * fuzz.times
  )
})
