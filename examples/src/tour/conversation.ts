/**
 * A conversation: a thread, a streamed reply, a function that the model calls, and the steps of the run.
 */
import { Assistants, Messages, Runs, RunSteps, RunStream, Threads, Tool } from "@effect-openai/client"
import { Effect, Schema, Stream } from "effect"
import { handbook } from "./assistants.js"
import { note, step, write } from "./print.js"

/** A function for the model. The Schema decodes the arguments, and the parameters' JSON Schema is derived from it. */
const repairStatus = Tool.make("repair_status", {
  description: "How far a repair is",
  parameters: Schema.Struct({ ticket: Schema.String }),
  handler: ({ ticket }) =>
    note(`repair_status is called for ticket "${ticket}"`).pipe(Effect.as({ ticket, ready: "on Friday" }))
})

const clerk = (file_id: string) =>
  Effect.acquireRelease(
    Assistants.create({
      model: "gpt-4-turbo",
      name: "Clerk",
      instructions: "Reply from the handbook.",
      tools: [{ type: "retrieval" }],
      file_ids: [file_id]
    }),
    ({ id }) => Effect.ignore(Assistants.delete({ assistant_id: id }))
  )

const thread = Effect.acquireRelease(
  Threads.create(),
  ({ id }) => Effect.ignore(Threads.delete({ thread_id: id }))
)

export const conversation = Effect.gen(function*() {
  yield* step("Begin a conversation")
  const file = yield* handbook
  const assistant_id = (yield* clerk(file.id)).id
  const thread_id = (yield* thread).id
  yield* note(`${thread_id}, with ${assistant_id}`)

  const question = "How long does a repair take?"
  yield* step(`Ask "${question}", and stream the reply`)
  yield* Messages.create({ thread_id, role: "user", content: question })
  yield* write("  ")
  const events = Runs.create.stream({ thread_id, assistant_id })
  const { messages, run } = yield* events.pipe(
    Stream.tap((event) => Stream.runForEach(RunStream.text(Stream.make(event)), write)),
    RunStream.final
  )
  yield* write("\n")
  yield* note(`${run?.status}, with ${run?.usage?.total_tokens ?? "unknown"} tokens`)
  for (const part of messages.flatMap(({ content }) => content)) {
    if (part.type !== "text") continue
    yield* Effect.forEach(
      part.text.annotations ?? [],
      (annotation) =>
        annotation.type === "file_citation"
          ? note(`${annotation.text} cites "${annotation.file_citation?.quote}"`)
          : Effect.void
    )
  }

  yield* step("Ask for something that only a function knows")
  yield* Messages.create({ thread_id, role: "user", content: "Please look up repair_status for ticket A-17." })
  const toolRun = yield* Runs.runTools({ thread_id, assistant_id }, [repairStatus], {
    onError: "output",
    cancelOnFailure: true
  })
  const reply = yield* Messages.list({ thread_id, limit: 1 })
  yield* Effect.forEach(
    reply.data[0]?.content ?? [],
    (part) => part.type === "text" ? note(part.text.value) : Effect.void
  )

  yield* step("List the steps of the run")
  yield* RunSteps.list.items({ thread_id, run_id: toolRun.id, order: "asc" }).pipe(
    Stream.runForEach((runStep) => {
      const details = runStep.step_details
      return note(
        details.type === "tool_calls"
          ? `${runStep.status}: ${details.tool_calls.map((call) => call.type).join(", ")}`
          : `${runStep.status}: ${details.type}`
      )
    })
  )
}).pipe(Effect.scoped)
