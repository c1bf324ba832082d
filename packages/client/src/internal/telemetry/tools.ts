import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { errorTypeOf } from "./telemetry.js"

// The spans of tools and of loops, by the semantic conventions for generative AI.

const optionsOf = (operation: string, attributes: Readonly<Record<string, unknown>>): Tracer.SpanOptions => ({
  kind: "internal",
  captureStackTrace: false,
  attributes: { "gen_ai.operation.name": operation, ...attributes }
})

/** An error of a handler can be any value. */
const annotateError = (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
  const errorType = errorTypeOf(
    Exit.mapError(
      exit,
      (error) => Predicate.hasProperty(error, "_tag") ? { _tag: String(error._tag) } : { _tag: "_OTHER" }
    )
  )
  return errorType === undefined ? Effect.void : Effect.annotateCurrentSpan("error.type", errorType)
}

/** Adds the span of the execution of a tool. */
export const executeTool = (
  tool: { readonly name: string; readonly description?: string | undefined },
  callId: string
) =>
<A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  self.pipe(
    Effect.onExit(annotateError),
    Effect.withSpan(
      `execute_tool ${tool.name}`,
      optionsOf("execute_tool", {
        "gen_ai.tool.type": "function",
        "gen_ai.tool.name": tool.name,
        "gen_ai.tool.call.id": callId,
        ...(tool.description === undefined ? {} : { "gen_ai.tool.description": tool.description })
      })
    )
  ) as Effect.Effect<A, E, R>

const agent = optionsOf("invoke_agent", { "gen_ai.provider.name": "openai" })

/** Adds the span of a loop of requests and tools. */
export const invokeAgent = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  self.pipe(Effect.onExit(annotateError), Effect.withSpan("invoke_agent", agent)) as Effect.Effect<A, E, R>

/** Adds the span of a loop whose events are a Stream. */
export const invokeAgentStream = <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  self.pipe(Stream.ensuringWith(annotateError), Stream.withSpan("invoke_agent", agent)) as Stream.Stream<A, E, R>
