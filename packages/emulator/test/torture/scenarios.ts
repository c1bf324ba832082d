import {
  Assistants,
  ChatCompletions,
  ChatStream,
  Files,
  Messages,
  type OpenAiClient,
  Runs,
  Threads,
  Uploads
} from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Effect, Stream } from "effect"

type Client = OpenAiClient.OpenAiClient

/** What the server acknowledged, as a check that must hold afterwards. Fails with what is wrong. */
export type Fact = Effect.Effect<void, string, Client>

/** What a client does. It reports what was acknowledged immediately. */
export interface Scenario {
  readonly name: string
  readonly run: (acknowledge: (fact: Fact) => void) => Effect.Effect<unknown, unknown, Client>
  /** What must hold whatever happened. */
  readonly invariant: Fact
}

const holds = (what: string, check: Effect.Effect<boolean, unknown, Client>): Fact =>
  Effect.matchCauseEffect(check, {
    onFailure: (cause) => Effect.fail(`${what}: ${cause}`),
    onSuccess: (isTrue) => isTrue ? Effect.void : Effect.fail(what)
  })

const isGone = (effect: Effect.Effect<unknown, { readonly _tag: string }, Client>) =>
  Effect.match(effect, { onFailure: ({ _tag }) => _tag === "NotFoundError", onSuccess: () => false })

const yes = Effect.succeed(true)

/** A wrong response is a defect of what is tested. */
const expect = (what: string, isTrue: boolean): Effect.Effect<void> =>
  isTrue ? Effect.void : Effect.die(new Error(`It does not hold that ${what}`))

const model = "gpt-4-turbo"

/** The longest time that a run may take. */
const timeout = "300 millis"

/** Each name is sent once, and so is there at most once. */
const namesAreUnique = (names: Effect.Effect<Iterable<unknown>, unknown, Client>): Fact =>
  holds(
    "nothing is there twice",
    Effect.map(names, (names) => {
      const all = Array.from(names)
      return new Set(all).size === all.length
    })
  )

const assistants: Scenario = {
  name: "assistants",
  run: (acknowledge) =>
    Effect.gen(function*() {
      // What a caller begins to delete may be there or not.
      const deleting = new Set<string>()
      const create = (name: string) =>
        Effect.map(Assistants.create({ model, name }), ({ id }) => {
          const isThere = Effect.map(Assistants.retrieve({ assistant_id: id }), (one) => one.name === name)
          acknowledge(holds(`the assistant ${name} is there`, Effect.suspend(() => deleting.has(id) ? yes : isThere)))
          return id
        })
      const [first = "", second = ""] = yield* Effect.forEach(["a", "b", "c"], create)
      yield* Assistants.modify({ assistant_id: second, description: "new" })
      acknowledge(holds(
        "the assistant is modified",
        Effect.map(Assistants.retrieve({ assistant_id: second }), ({ description }) => description === "new")
      ))
      deleting.add(first)
      yield* Assistants.delete({ assistant_id: first })
      acknowledge(holds("the assistant is deleted", isGone(Assistants.retrieve({ assistant_id: first }))))
      const { data } = yield* Assistants.list({ limit: 10 })
      yield* expect("two assistants are left", data.length === 2)
    }),
  invariant: namesAreUnique(Effect.map(Assistants.list({ limit: 100 }), ({ data }) => data.map(({ name }) => name)))
}

const textOf = (file_id: string) => Effect.map(Files.content({ file_id }), (bytes) => new TextDecoder().decode(bytes))

const files: Scenario = {
  name: "files",
  run: (acknowledge) =>
    Effect.gen(function*() {
      const { id } = yield* Files.upload({ file: FileSource.fromBytes("whole", "zero"), purpose: "assistants" })
      acknowledge(holds("the file is complete", Effect.map(textOf(id), (text) => text === "zero")))
      yield* expect("the content is the one that was sent", (yield* textOf(id)) === "zero")
      const { file } = yield* Uploads.upload(FileSource.fromBytes("parts", "one two"), {
        purpose: "assistants",
        partBytes: 4,
        concurrency: 1
      })
      const joined = file?.id ?? ""
      acknowledge(holds("the upload is complete", Effect.map(textOf(joined), (text) => text === "one two")))
    }),
  invariant: Effect.zipRight(
    namesAreUnique(Effect.map(Files.list({}), ({ data }) => data.map(({ filename }) => filename))),
    holds(
      "every file that is listed is complete",
      Effect.map(
        Effect.flatMap(Files.list({}), ({ data }) => Effect.forEach(data, ({ id }) => textOf(id))),
        (texts) => texts.every((text) => text === "zero" || text === "one two")
      )
    )
  )
}

const finals = ["completed", "failed", "cancelled", "expired", "incomplete"]

const runs: Scenario = {
  name: "runs",
  run: (acknowledge) =>
    Effect.gen(function*() {
      const { id: assistant_id } = yield* Assistants.create({ model })
      const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: "Hello" }] })
      acknowledge(holds(
        "the thread has its message",
        Effect.map(Messages.list({ thread_id, order: "asc" }), ({ data }) => data[0]?.role === "user")
      ))
      const run = yield* Runs.createAndPoll({ thread_id, assistant_id }, { timeout })
      acknowledge(holds(
        "the run is there, all runs end, each with at most one message, and the thread takes messages",
        Effect.gen(function*() {
          const { data } = yield* Runs.list({ thread_id })
          const ended = yield* Effect.forEach(data, ({ id }) => Runs.poll({ thread_id, run_id: id }))
          const messages = yield* Messages.list({ thread_id })
          yield* Messages.create({ thread_id, role: "user", content: "More" })
          const written = messages.data.flatMap((message) => message.role === "assistant" ? [message.run_id] : [])
          return ended.some(({ id }) => id === run.id) && ended.every(({ status }) => finals.includes(status ?? "")) &&
            ended.length <= 2 && new Set(written).size === written.length
        })
      ))
      const events = yield* Stream.runCollect(Runs.create.stream({ thread_id, assistant_id }))
      const last = Array.from(events, ({ event }) => event).findLast((event) => event.startsWith("thread.run."))
      yield* expect("the last event of the run is its end", finals.some((status) => last === `thread.run.${status}`))
    }),
  invariant: Effect.void
}

const chat: Scenario = {
  name: "chat completions",
  run: () =>
    Effect.gen(function*() {
      const request = { model, messages: [{ role: "user" as const, content: "Hello" }] }
      const whole = yield* ChatCompletions.create(request)
      const streamed = yield* ChatCompletions.create.stream(request).pipe(ChatStream.final)
      yield* expect("the texts are equal", whole.choices[0]?.message.content === streamed.choices[0]?.content)
    }),
  invariant: Effect.void
}

export const scenarios: ReadonlyArray<Scenario> = [assistants, files, runs, chat]
