/**
 * The workflow behind a ticket: a thread, a tool loop with the helpdesk's assistant, and its reply.
 */
import { Messages, Threads, Tool } from "@effect-openai/client"
import { DurableOperation, DurableRuns, Schemas, ToolCall } from "@effect-openai/workflow"
import { Workflow } from "@effect/workflow"
import { Context, Effect, Layer, Ref, Schema } from "effect"

/** The workshop. It books a repair once for each key. */
export class Workshop extends Context.Tag("Workshop")<Workshop, {
  readonly book: (device: string, key: string) => Effect.Effect<{ readonly repair: string }>
}>() {
  static readonly layerMemory = Layer.effect(
    Workshop,
    Effect.map(Ref.make<ReadonlyMap<string, { readonly repair: string }>>(new Map()), (repairs) => ({
      book: (_device, key) =>
        Ref.modify(repairs, (all) => {
          const repair = all.get(key) ?? { repair: `repair-${all.size + 1}` }
          return [repair, new Map(all).set(key, repair)]
        })
    }))
  )
}

const bookRepair = Tool.make("book_repair", {
  description: "Books the repair of a device",
  parameters: Schema.Struct({ device: Schema.String }),
  handler: ({ device }) =>
    Effect.gen(function*() {
      const workshop = yield* Workshop
      // The key stays the same where this call is repeated after a restart.
      const { key } = yield* ToolCall.ToolCall
      return yield* workshop.book(device, key)
    })
})

export class Unanswered extends Schema.TaggedError<Unanswered>()("Unanswered", { status: Schema.String }) {}

export const Answer = Workflow.make({
  name: "Answer",
  payload: { ticket: Schema.String, assistant_id: Schema.String, question: Schema.String },
  // A ticket is one execution.
  idempotencyKey: ({ ticket }) => ticket,
  success: Schema.String,
  error: Schema.Union(Schemas.OpenAiError, Unanswered)
})

export const AnswerLive = Answer.toLayer(({ assistant_id, question }) =>
  Effect.gen(function*() {
    const thread_id = yield* DurableOperation.run(Effect.map(Threads.create(), ({ id }) => id), {
      name: "thread",
      success: Schema.String
    })
    const run = yield* DurableRuns.runTools(
      { thread_id, assistant_id, additional_messages: [{ role: "user", content: question }] },
      [bookRepair],
      { name: "answer", onError: "output", cancelOnFailure: true }
    )
    if (run.status !== "completed") return yield* new Unanswered({ status: String(run.status) })
    return yield* DurableOperation.run(
      Effect.map(Messages.list({ thread_id, limit: 1 }), ({ data: [message] }) =>
        (message?.content ?? []).flatMap((part) =>
          part.type === "text" ? [part.text.value] : []
        ).join("\n")),
      { name: "reply", success: Schema.String }
    )
  })
)
