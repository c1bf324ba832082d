import { AssistantFiles, Assistants, Files, Messages, Runs, RunSteps, Threads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

/** That of two objects each is retrieved as itself, in either order. */
const each = <A extends { readonly id: string }, E, R>(
  kind: string,
  objects: readonly [A, A],
  retrieve: (id: string) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const [one, other] = objects
    yield* Scenario.that(`two ${kind} have two IDs`, one.id !== other.id, [one.id, other.id])
    for (const { id } of [one, other, one]) {
      const retrieved = yield* retrieve(id)
      yield* Scenario.equal(`of two ${kind} each is retrieved as itself`, retrieved.id, id)
    }
  })

/** Objects of a kind beside each other. */
export const retrieve: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "retrieve/objects",
    title: "of two assistants, threads and messages each is retrieved as itself",
    group: "state",
    operations: ["getAssistant", "getThread", "getMessage"],
    requires: ["stateful"],
    run: Effect.gen(function*() {
      yield* each(
        "assistants",
        [yield* given.assistant(), yield* given.assistant()],
        (assistant_id) => Assistants.retrieve({ assistant_id })
      )
      const threads = [yield* given.thread(), yield* given.thread()] as const
      yield* each("threads", threads, (thread_id) => Threads.retrieve({ thread_id }))
      const [{ id: thread_id }] = threads
      yield* each(
        "messages",
        [yield* given.message(thread_id), yield* given.message(thread_id)],
        (message_id) => Messages.retrieve({ thread_id, message_id })
      )
    })
  }),
  Scenario.make({
    id: "retrieve/files",
    title: "of two files, attached or not, each is retrieved as itself",
    group: "state",
    operations: ["retrieveFile", "getAssistantFile"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const files = [yield* given.file("one"), yield* given.file("two")] as const
      yield* each("files", files, (file_id) => Files.retrieve({ file_id }))
      const { id: assistant_id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      const attach = ({ id }: { readonly id: string }) => AssistantFiles.create({ assistant_id, file_id: id })
      yield* each(
        "assistant files",
        [yield* attach(files[0]), yield* attach(files[1])],
        (file_id) => AssistantFiles.retrieve({ assistant_id, file_id })
      )
    })
  }),
  Scenario.make({
    id: "retrieve/runs",
    title: "of two runs, and of their steps, each is retrieved as itself",
    group: "state",
    operations: ["getRun", "getRunStep"],
    requires: ["stateful", "runs"],
    run: Effect.gen(function*() {
      const { assistant_id, run, thread_id } = yield* given.run("Say hello.")
      yield* given.settled({ thread_id, run_id: run.id })
      const other = yield* Runs.create({ thread_id, assistant_id })
      yield* given.settled({ thread_id, run_id: other.id })
      yield* each("runs", [run, other], (run_id) => Runs.retrieve({ thread_id, run_id }))
      const stepOf = (run_id: string) =>
        Effect.flatMap(
          RunSteps.list({ thread_id, run_id }),
          ({ data }) => Scenario.present("a run has a step", data[0])
        )
      const steps = [yield* stepOf(run.id), yield* stepOf(other.id)] as const
      yield* each("steps", steps, (step_id) => {
        const run_id = step_id === steps[0].id ? run.id : other.id
        return RunSteps.retrieve({ thread_id, run_id, step_id })
      })
    })
  })
]
