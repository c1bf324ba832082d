/** Runs whose model takes its time, and what the store has of them. */
import { Assistants, Runs, Threads } from "@effect-openai/client"
import { Deferred, Effect, Option, Stream } from "effect"
import { messages, runs } from "../../src/internal/documents.js"
import { type Path, textOf } from "../../src/internal/engine/run.js"
import type { Node, Nodes } from "./nodes.js"
import { longWords } from "./wording.js"

export interface LongRun {
  readonly path: Path
  /** The message that the model replies to. */
  readonly words: string
}

let count = 0

/** Begins a streamed run on a node, whose reader stays until the node is gone. */
export const beginRun = (nodes: Nodes, node: Node, millis: number) =>
  Effect.gen(function*() {
    const words = `${longWords(millis)}, ${++count}`
    const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4-turbo" })
    const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: words }] })
    const created = yield* Deferred.make<string, unknown>()
    yield* Stream.runForEach(Runs.create.stream({ thread_id, assistant_id }), (event) =>
      event.event === "thread.run.created" ? Deferred.succeed(created, event.data.id) : Effect.void).pipe(
        Effect.ensuring(Deferred.fail(created, `A run of ${node.name} has no first event.`)),
        Effect.forkScoped
      )
    const run: LongRun = { path: { thread_id, run_id: yield* Deferred.await(created) }, words }
    return run
  }).pipe(nodes.of(node))

/** The status of a run. */
export const statusOf = ({ store }: Nodes, { path: { run_id, thread_id } }: LongRun) =>
  Effect.map(store.get(runs, run_id, thread_id), Option.match({ onNone: () => "gone", onSome: ({ status }) => status }))

/** The texts that a run has written, with the status of their messages. */
export const writtenOf = ({ store }: Nodes, { path: { run_id } }: LongRun) =>
  Effect.map(
    store.find(messages, { run_id }),
    (found) => found.map((message) => ({ text: textOf(message), status: message.status }))
  )
