/** Whether a server still has what it said it has. */
import { Assistants, Files, Messages, Runs, RunSteps, Threads } from "@effect-openai/client"
import type { Messages as Contract, RunSteps as Steps } from "@effect-openai/core"
import { Effect, Option, Stream } from "effect"
import type { KnownFile, KnownThread, Ledger, Register } from "./ledger.js"
import { outputsOf, settled, sha256 } from "./load.js"
import { isWhole } from "./wording.js"

/** What was looked at. */
export interface Seen {
  assistants: number
  messages: number
  runs: number
  files: number
  bytes: number
  /** Runs whose end no caller had seen. */
  unended: number
}

export const makeSeen = (): Seen => ({ assistants: 0, messages: 0, runs: 0, files: 0, bytes: 0, unended: 0 })

/** The words of a message. */
const wordsOf = ({ content }: Contract.Message): string =>
  content.map((part) => part.type === "text" ? (part as Contract.TextContent).text.value : "").join("")

/** How long a run may be in progress. */
const patience = "60 seconds"

const ended = ["completed", "failed", "cancelled", "expired"]

const unlessGone = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.asSome(effect).pipe(
    Effect.catchIf(
      (error): error is Extract<E, { readonly _tag: "NotFoundError" }> => error._tag === "NotFoundError",
      () => Effect.succeedNone
    )
  )

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) => Effect.map(Stream.runCollect(stream), (all) => [...all])

type Report = (problem: string) => void

/** How to look. */
export interface Options {
  /** Default: what has changed since the last time. */
  readonly everything?: boolean
}

/** Whether all are the same, in the same order. */
const areSame = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean =>
  left.length === right.length && left.every((one, index) => one === right[index])

/** Whether times do not go back. Those that are null have not come. */
const areInOrder = (times: ReadonlyArray<number | null | undefined>): boolean => {
  const come = times.filter((time): time is number => typeof time === "number")
  return come.every((time, index) => index === 0 || come[index - 1]! <= time)
}

const checkAssistant = (id: string, register: Register<object>, report: Report) =>
  Effect.map(unlessGone(Assistants.retrieve({ assistant_id: id })), (found) => {
    const before = register.value
    if (!register.admits(Option.getOrUndefined(found))) {
      report(`Assistant ${id} is ${JSON.stringify(Option.getOrNull(found))}, and was ${JSON.stringify(before)}.`)
    }
  })

const checkFile = (file: KnownFile, seen: Seen, report: Report) =>
  Effect.gen(function*() {
    const found = yield* unlessGone(Effect.all([
      Files.retrieve({ file_id: file.id }),
      Files.content({ file_id: file.id })
    ]))
    if (Option.isNone(found)) {
      if (file.deletion === undefined) report(`File ${file.id} is gone.`)
      file.deletion = "confirmed"
      return
    }
    const [{ bytes }, content] = found.value
    if (file.deletion === "confirmed") report(`File ${file.id} was deleted, and is there.`)
    delete file.deletion
    if (bytes !== file.bytes || sha256(content) !== file.sha256) {
      report(`File ${file.id} is not what was uploaded: ${content.length} bytes of ${file.bytes}.`)
    }
    seen.bytes += content.length
  })

const checkRun = (
  thread: KnownThread,
  run_id: string,
  written: ReadonlyArray<Contract.Message>,
  seen: Seen,
  report: Report
) =>
  Effect.gen(function*() {
    const path = { thread_id: thread.id, run_id }
    seen.runs++
    const known = thread.runs.get(run_id) ?? { outputs: new Map<string, string>(), hasEnded: false }
    const steps = yield* collect(RunSteps.list.items({ ...path, order: "asc" }))
    const { completed_at, created_at, started_at, status } = yield* Runs.retrieve(path)
    const say = (problem: string) => report(`Run ${run_id}, ${status}: ${problem}`)

    // A run that gets its outputs starts again.
    for (const between of [[started_at], steps.map((step) => step.created_at)]) {
      const times = [created_at, ...between, completed_at]
      if (!areInOrder(times)) say(`its times go back: ${times.join(", ")}.`)
    }
    if (steps.some((step) => step.status === "in_progress")) say("a step is still in progress.")
    const written_ids = steps.flatMap(({ step_details }) =>
      step_details.type === "message_creation"
        ? [(step_details as Steps.MessageCreation).message_creation.message_id]
        : []
    )
    const own = written.filter((message) => message.run_id === run_id)
    if (!areSame(own.map(({ id }) => id), written_ids)) {
      say(`it has the messages ${own.map(({ id }) => id)}, its steps name ${written_ids}.`)
    }
    if (own.some((message) => message.status === "in_progress")) say("a message is still in progress.")
    if (status === "completed") {
      const [text, ...more] = own.map(wordsOf)
      if (more.length > 0 || text === undefined || text === "") say("it has not written one message.")
      else if (!isWhole(text)) say(`its message is cut, or has the words of two processes: ${text}`)
    }
    const calls = steps.flatMap(({ step_details }) =>
      step_details.type === "tool_calls"
        ? (step_details as Steps.ToolCalls).tool_calls as ReadonlyArray<Steps.FunctionToolCall>
        : []
    )
    for (const [id, output] of known.outputs) {
      if (calls.find((call) => call.id === id)?.function.output !== output) say(`the output of ${id} is lost.`)
    }
  })

const checkThread = (thread: KnownThread, seen: Seen, report: Report) =>
  Effect.gen(function*() {
    const found = yield* unlessGone(Threads.retrieve({ thread_id: thread.id }))
    if (Option.isNone(found)) {
      if (thread.deletion === undefined) report(`Thread ${thread.id} is gone.`)
      thread.deletion = "confirmed"
      return
    }
    if (thread.deletion === "confirmed") return report(`Thread ${thread.id} was deleted, and is there.`)
    delete thread.deletion

    // A run in progress ends, whatever its caller had seen of it. A run that waits for its caller continues.
    const runs = yield* collect(Runs.list.items({ thread_id: thread.id, order: "asc" }))
    for (const { id: run_id, status } of runs) {
      const path = { thread_id: thread.id, run_id }
      let known = thread.runs.get(run_id)
      if (known === undefined) thread.runs.set(run_id, known = { outputs: new Map(), hasEnded: false })
      if (!known.hasEnded) seen.unended++
      else if (!ended.includes(status ?? "")) report(`Run ${run_id} had ended, and is ${status}.`)
      for (;;) {
        const found = yield* Effect.timeoutOption(settled(path), patience)
        if (Option.isNone(found)) return report(`Run ${run_id} does not end.`)
        const run = found.value
        if (run.status !== "requires_action") break
        const tool_outputs = outputsOf(run)
        if (tool_outputs.some(({ tool_call_id }) => known.outputs.has(tool_call_id))) {
          return report(`Run ${run_id} asks again for outputs that it took.`)
        }
        yield* Runs.submitToolOutputs({ ...path, tool_outputs })
        for (const { output, tool_call_id } of tool_outputs) known.outputs.set(tool_call_id, output)
      }
      known.hasEnded = true
    }
    for (const id of thread.runs.keys()) {
      if (!runs.some((run) => run.id === id)) report(`Run ${id} is gone.`)
    }

    const messages = yield* collect(Messages.list.items({ thread_id: thread.id, order: "asc" }))
    seen.messages += messages.length
    if (!areInOrder(messages.map(({ created_at }) => created_at))) report(`Times of thread ${thread.id} go back.`)
    const written = messages.filter(({ role }) => role === "user").map(wordsOf)
    // A message without a response is there or not, in its place.
    const there = thread.messages.filter(({ hasResponse, words }) => hasResponse || written.includes(words))
    if (!areSame(written, there.map(({ words }) => words))) {
      report(`Thread ${thread.id} has the messages ${JSON.stringify(written)}, and not ${JSON.stringify(there)}.`)
    }
    thread.messages.splice(0, Infinity, ...there.map(({ words }) => ({ words, hasResponse: true })))
    for (const { id } of runs) yield* checkRun(thread, id, messages, seen, report)
  })

/** Looks at what has changed since the last time, or at everything. */
export const check = (ledger: Ledger, seen: Seen, report: Report, options: Options) =>
  Effect.gen(function*() {
    const isDue = (known: object) => options.everything === true || ledger.touched.has(known)
    for (const [id, register] of ledger.assistants) {
      if (!isDue(register)) continue
      seen.assistants++
      yield* checkAssistant(id, register, report)
    }
    for (const file of ledger.files.values()) {
      if (!isDue(file)) continue
      seen.files++
      yield* checkFile(file, seen, report)
    }
    for (const thread of ledger.threads.values()) {
      if (isDue(thread)) yield* checkThread(thread, seen, report)
    }
    ledger.touched.clear()
  })
