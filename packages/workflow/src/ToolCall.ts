/**
 * The call that a tool of a durable loop runs for.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"

/**
 * A call of a tool.
 *
 * @since 3.0.0
 * @category models
 */
export interface Service {
  /** The ID of the call, from the model. */
  readonly id: string
  /**
   * 32 hexadecimal digits that are the same each time that this call runs, and differ from those of any other call. A tool
   * runs again where the process ended before its output was stored, so what it changes should be recorded under this key.
   */
  readonly key: string
  /** The ID of the execution. */
  readonly executionId: string
}

/**
 * The call that the handler of a tool runs for. It is a requirement of the tool that only a durable loop provides.
 *
 * @example
 * import { Tool } from "@effect-openai/client"
 * import { ToolCall } from "@effect-openai/workflow"
 * import { Effect, Schema } from "effect"
 *
 * declare const charge: (cents: number, idempotencyKey: string) => Effect.Effect<{ readonly receipt: string }>
 *
 * const refund = Tool.make("refund", {
 *   description: "Refunds an order",
 *   parameters: Schema.Struct({ cents: Schema.Number }),
 *   handler: ({ cents }) => Effect.flatMap(ToolCall.ToolCall, ({ key }) => charge(-cents, key))
 * })
 *
 * @since 3.0.0
 * @category context
 */
export class ToolCall extends Context.Tag("@effect-openai/workflow/ToolCall")<ToolCall, Service>() {}
