/**
 * Serves the API. It requires a client and an engine, so that a program chooses where executions are stored.
 */
import { Cancellation } from "@effect-openai/workflow"
import { HttpApiBuilder } from "@effect/platform"
import { Cause, Effect, Exit, Layer, Option } from "effect"
import { Answer, AnswerLive } from "./Answer.js"
import { Api, Ticket } from "./Api.js"

/** The ID of an execution follows from the ticket alone. */
const executionOf = (ticket: string) => Answer.executionId({ ticket, assistant_id: "", question: "" })

const find = (id: string) =>
  Effect.gen(function*() {
    const result = yield* Answer.poll(yield* executionOf(id))
    if (result?._tag !== "Complete") return new Ticket({ id, status: "open", reply: null })
    if (Exit.isSuccess(result.exit)) return new Ticket({ id, status: "answered", reply: result.exit.value })
    const error = Option.getOrUndefined(Cause.failureOption(result.exit.cause))
    const isCancelled = error?._tag === "Unanswered" && error.status === "cancelled"
    return new Ticket({ id, status: isCancelled ? "cancelled" : "failed", reply: null })
  })

const TicketsLive = HttpApiBuilder.group(
  Api,
  "tickets",
  (handlers) =>
    handlers
      .handle("open", ({ payload: { helpdesk, id, question } }) =>
        Answer.execute({ ticket: id, assistant_id: helpdesk, question }, { discard: true }).pipe(
          Effect.zipRight(find(id))
        ))
      .handle("get", ({ path }) =>
        find(path.id))
      .handle("cancel", ({ path }) =>
        Effect.flatMap(executionOf(path.id), (executionId) =>
          Cancellation.request(Answer, executionId)))
)

export const ServerLive = HttpApiBuilder.serve().pipe(
  Layer.provide(HttpApiBuilder.api(Api)),
  Layer.provide(TicketsLive),
  Layer.provide(AnswerLive)
)
