/**
 * A tool loop whose dangerous calls need the approval of a person.
 */
import { ChatCompletions, Tool } from "@effect-openai/client"
import { Context, Effect, Schema } from "effect"

/** How a program asks a person: by a prompt in a terminal, a message in a chat, or a row that someone confirms. */
export class Approval extends Context.Tag("Approval")<Approval, {
  readonly ask: (action: string) => Effect.Effect<boolean>
}>() {}

export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", { action: Schema.String }) {
  override get message() {
    return `A person rejected this: ${this.action}. Do not try again.`
  }
}

export class Orders extends Context.Tag("Orders")<Orders, {
  readonly find: (id: string) => Effect.Effect<{ readonly id: string; readonly euros: number }>
  readonly refund: (id: string) => Effect.Effect<void>
}>() {}

const find = Tool.make("find_order", {
  description: "Returns an order",
  parameters: Schema.Struct({ id: Schema.String }),
  handler: ({ id }) => Effect.flatMap(Orders, (orders) => orders.find(id))
})

const refund = Tool.make("refund_order", {
  description: "Refunds an order",
  parameters: Schema.Struct({ id: Schema.String }),
  handler: ({ id }) =>
    Effect.gen(function*() {
      const approval = yield* Approval
      const orders = yield* Orders
      const action = `refund ${id}`
      if (!(yield* approval.ask(action))) return yield* new Rejected({ action })
      yield* orders.refund(id)
      return "refunded"
    })
})

/** With `onError: "output"` the model receives the message of `Rejected`, and can reply to it. */
export const support = (content: string) =>
  ChatCompletions.runTools(
    { model: "gpt-4o", messages: [{ role: "user", content }] },
    [find, refund],
    { onError: "output", maxRounds: 5 }
  )
