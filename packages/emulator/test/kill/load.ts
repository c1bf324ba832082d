/** Callers that do whatever an API's callers do, until the server is gone. */
import { Assistants, Files, Messages, type OpenAiClient, Runs, Threads } from "@effect-openai/client"
import { FileSource, type OpenAiError, type Runs as Contract } from "@effect-openai/core"
import { Array, Effect, Random, Stream } from "effect"
import { createHash } from "node:crypto"
import { type KnownFile, type KnownRun, type KnownThread, type Ledger, Register } from "./ledger.js"
import { functionName } from "./wording.js"

const model = "gpt-4-turbo"

/** Whether an error shows that the server is gone or does not respond: the result of the request is unknown. */
export const isGone = (error: { readonly _tag: string }): boolean =>
  error._tag === "TransportError" || error._tag === "StreamInterruptedError" || error._tag === "TimeoutError"

/** Whether a server has failed to carry out a request. The result of the request is unknown. */
export const isRefused = (error: { readonly _tag: string }): boolean => error._tag === "InternalServerError"

export interface Counts {
  responses: number
  withoutResponse: number
  refused: number
}

/** What all callers have in common. */
export interface Load extends Counts {
  readonly uploadKilobytes: number
  /** Callers end after what they are doing. */
  hasEnded: boolean
  onChange: () => void
}

/** The load of callers that have sent nothing yet. */
export const makeLoad = (uploadKilobytes: number): Load => ({
  responses: 0,
  withoutResponse: 0,
  refused: 0,
  uploadKilobytes,
  hasEnded: false,
  onChange: () => {}
})

/** Waits for so many responses or refusals at most. The moment is not a time, which means little on a busy machine. */
export const awaitCount = (load: Load, counted: "responses" | "refused", max: number) =>
  Effect.flatMap(Random.nextIntBetween(1, max), (count) =>
    Effect.async<void>((resume) => {
      const last = load[counted] + count
      load.onChange = () => {
        if (load[counted] >= last) resume(Effect.void)
      }
    }))

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const isInProgress = ({ status }: Contract.Run): boolean =>
  ["queued", "in_progress", "cancelling"].includes(status ?? "")

/** Reads a run until it is not in progress. */
export const settled = (path: { readonly thread_id: string; readonly run_id: string }) =>
  Runs.retrieve(path).pipe(
    Effect.tap((run) => isInProgress(run) ? Effect.sleep("5 millis") : Effect.void),
    Effect.repeat({ until: (run) => !isInProgress(run) })
  )

/** The outputs for the calls that a run waits for. */
export const outputsOf = ({ id, required_action: action }: Contract.Run) =>
  (action?.type === "submit_tool_outputs" ? action.submit_tool_outputs.tool_calls : []).map((call) => ({
    tool_call_id: (call as Contract.RunToolCall).id,
    output: `found for ${id}`
  }))

const pick = <A>(values: Iterable<A>) => Effect.map(Random.shuffle(Array.fromIterable(values)), ([...all]) => all[0])

type Request = Effect.Effect<
  unknown,
  OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError | OpenAiError.UploadNotReplayableError,
  OpenAiClient.OpenAiClient
>

/** One caller: it continues until the server is gone, or the load has ended. */
export const call = (ledger: Ledger, load: Load) => {
  let number = ledger.assistants.size + ledger.threads.size + ledger.files.size
  const words = () => `${ledger.name} ${load.responses + load.withoutResponse} ${number++}`

  const asked = <A, E extends { readonly _tag: string }, R>(request: Effect.Effect<A, E, R>) =>
    request.pipe(
      Effect.tap(() =>
        Effect.sync(() => {
          load.responses++
          load.onChange()
        })
      ),
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (isGone(error)) load.withoutResponse++
          if (isRefused(error)) {
            load.refused++
            load.onChange()
          }
        })
      )
    )

  const touch = <A extends object>(known: A): A => {
    ledger.touched.add(known)
    return known
  }

  const createAssistant = Effect.gen(function*() {
    const assistant = yield* asked(Assistants.create({
      model,
      name: words(),
      tools: [{ type: "function", function: { name: functionName } }]
    }))
    ledger.assistants.set(assistant.id, touch(Register.of<object>(assistant)))
    return assistant.id
  })

  const changeAssistant = Effect.gen(function*() {
    const [id, register] = (yield* pick(ledger.assistants)) ?? []
    if (id === undefined || register?.value === undefined) return
    touch(register)
    const name = words()
    register.asked({ ...register.value, name })
    register.responded(yield* asked(Assistants.modify({ assistant_id: id, name })))
  })

  const deleteAssistant = Effect.gen(function*() {
    const [id, register] = (yield* pick(ledger.assistants)) ?? []
    if (id === undefined || id === ledger.assistantId || register?.value === undefined) return
    touch(register).asked(undefined)
    yield* asked(Assistants.delete({ assistant_id: id }))
    register.responded(undefined)
  })

  const createThread = Effect.gen(function*() {
    const content = words()
    const { id } = yield* asked(Threads.create({ messages: [{ role: "user", content }] }))
    ledger.threads.set(
      id,
      touch({ id, messages: [{ words: content, hasResponse: true }], runs: new Map(), mayBeRunning: false })
    )
  })

  const deleteThread = Effect.gen(function*() {
    const thread = yield* pick(ledger.threads.values())
    if (thread === undefined || thread.deletion !== undefined) return
    touch(thread).deletion = "asked"
    yield* asked(Threads.delete({ thread_id: thread.id }))
    thread.deletion = "confirmed"
  })

  const goOn = (known: KnownRun, path: { readonly thread_id: string; readonly run_id: string }) =>
    Effect.gen(function*() {
      for (;;) {
        const run = yield* settled(path)
        if (run.status !== "requires_action") break
        const tool_outputs = outputsOf(run)
        yield* asked(Runs.submitToolOutputs({ ...path, tool_outputs }))
        for (const { output, tool_call_id } of tool_outputs) known.outputs.set(tool_call_id, output)
      }
      known.hasEnded = true
    })

  /** A thread with a run in progress takes no message. */
  const awaitRuns = (thread: KnownThread) =>
    Effect.gen(function*() {
      if (!thread.mayBeRunning) return
      for (const { id } of (yield* Runs.list({ thread_id: thread.id })).data) {
        const known = thread.runs.get(id) ?? { outputs: new Map(), hasEnded: false }
        thread.runs.set(id, known)
        yield* goOn(known, { thread_id: thread.id, run_id: id })
      }
      thread.mayBeRunning = false
    })

  const write = (thread: KnownThread, content: string) =>
    Effect.gen(function*() {
      yield* awaitRuns(thread)
      const sent = { words: content, hasResponse: false }
      touch(thread).messages.push(sent)
      yield* asked(Messages.create({ thread_id: thread.id, role: "user", content }))
      sent.hasResponse = true
    })

  const writeMessage = Effect.gen(function*() {
    const thread = yield* pick(ledger.threads.values())
    if (thread !== undefined && thread.deletion === undefined) yield* write(thread, words())
  })

  const upload = Effect.gen(function*() {
    const kilobytes = yield* Random.nextIntBetween(0, load.uploadKilobytes)
    const seed = yield* Random.nextIntBetween(0, 256)
    const content = new Uint8Array(kilobytes * 1024 + seed).map((_, index) => (index * 31 + (index >> 8) + seed) & 0xff)
    const { id } = yield* asked(Files.upload({
      file: FileSource.fromBytes(words(), content),
      purpose: "assistants"
    }))
    ledger.files.set(id, touch<KnownFile>({ id, sha256: sha256(content), bytes: content.length }))
  })

  const deleteFile = Effect.gen(function*() {
    const file = yield* pick(ledger.files.values())
    if (file === undefined || file.deletion !== undefined) return
    touch(file).deletion = "asked"
    yield* asked(Files.delete({ file_id: file.id }))
    file.deletion = "confirmed"
  })

  const run = Effect.gen(function*() {
    const thread = yield* pick(ledger.threads.values())
    if (thread === undefined || thread.deletion !== undefined) return
    const assistant_id = ledger.assistantId ??= yield* createAssistant
    yield* write(thread, (yield* Random.nextBoolean) ? words() : `${functionName} ${words()}`)
    const known: KnownRun = { outputs: new Map(), hasEnded: false }
    const asRun = { thread_id: thread.id, assistant_id }
    thread.mayBeRunning = true
    const kind = yield* Random.nextIntBetween(0, 3)
    if (kind === 0) {
      let run_id: string | undefined
      yield* asked(Stream.runForEach(Runs.create.stream(asRun), (event) =>
        Effect.sync(() => {
          if (event.event === "thread.run.created") {
            run_id = (event.data as Contract.Run).id
            thread.runs.set(run_id, known)
          }
        })))
      if (run_id !== undefined) yield* goOn(known, { thread_id: thread.id, run_id })
      thread.mayBeRunning = false
      return
    }
    const { id: run_id } = yield* asked(Runs.create(asRun))
    thread.runs.set(run_id, known)
    const path = { thread_id: thread.id, run_id }
    if (kind === 1 && (yield* Random.nextBoolean)) {
      // It may have ended meanwhile.
      yield* asked(Runs.cancel(path)).pipe(Effect.catchTag("BadRequestError", () => Effect.void))
    }
    yield* goOn(known, path)
    thread.mayBeRunning = false
  })

  const requests: ReadonlyArray<Request> = [
    createAssistant,
    changeAssistant,
    deleteAssistant,
    createThread,
    deleteThread,
    ...Array.replicate(writeMessage, 3),
    upload,
    deleteFile,
    ...Array.replicate(run, 4)
  ]
  return Random.nextIntBetween(0, requests.length).pipe(
    Effect.flatMap((index) => requests[index]!),
    Effect.repeat({ until: () => load.hasEnded }),
    Effect.asVoid
  )
}
